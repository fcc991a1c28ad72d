@echo off
rem The `potluck` command: dist\cli.cjs on the Node of the VS Code that opened this terminal, else on the node in PATH.
setlocal
set "ELECTRON_RUN_AS_NODE=1"
if not defined POTLUCK_NODE set "POTLUCK_NODE=node"
"%POTLUCK_NODE%" "%~dp0..\dist\cli.cjs" %*
