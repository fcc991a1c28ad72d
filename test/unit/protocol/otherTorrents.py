# Another's view of BitTorrent v2: Debian's libtorrent reads what we wrote, compares it with the files on the disk, and writes torrents for us to read.
# Usage: otherTorrents.py probe | read TORRENT FOLDER | write FOLDER NAME TORRENT PIECE_LENGTH | magnet URI. Prints JSON.

import json
import sys
import time

import libtorrent as lt

quiet = {
    "listen_interfaces": "127.0.0.1:0",
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
}


def contents(info):
    files = info.files()
    listed = []
    for index in range(files.num_files()):
        if files.file_flags(index) & lt.file_flags_t.flag_pad_file:
            continue
        listed.append(
            {"path": files.file_path(index), "sizeBytes": files.file_size(index), "contentId": str(files.root(index))}
        )
    return {
        "name": info.name(),
        "pieceLength": info.piece_length(),
        "infoHash": str(info.info_hashes().v2),
        "files": listed,
        "magnet": lt.make_magnet_uri(info),
    }


def read(torrent, folder):
    info = lt.torrent_info(torrent)
    session = lt.session(quiet)
    params = lt.add_torrent_params()
    params.ti = info
    params.save_path = folder
    handle = session.add_torrent(params)
    deadline = time.time() + 30
    while time.time() < deadline:
        status = handle.status()
        if status.errc.value() != 0:
            break
        if status.is_seeding or str(status.state) == "downloading":
            break
        time.sleep(0.02)
    status = handle.status()
    return {**contents(info), "isWhole": status.is_seeding, "error": status.errc.message() if status.errc.value() else ""}


def write(folder, name, torrent, piece_length):
    files = lt.file_storage()
    lt.add_files(files, folder + "/" + name)
    made = lt.create_torrent(files, int(piece_length), lt.create_torrent_flags_t.v2_only)
    lt.set_piece_hashes(made, folder)
    with open(torrent, "wb") as out:
        out.write(lt.bencode(made.generate()))
    return contents(lt.torrent_info(torrent))


def magnet(uri):
    params = lt.parse_magnet_uri(uri)
    return {"infoHash": str(params.info_hashes.v2), "name": params.name}


acts = {"probe": lambda: {"version": lt.version}, "read": read, "write": write, "magnet": magnet}
print(json.dumps(acts[sys.argv[1]](*sys.argv[2:])))
