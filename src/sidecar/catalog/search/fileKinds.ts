// What `kind:image` and its like mean: files by extension. Data only.

const extensions: Readonly<Record<string, string>> = {
  image:
    'jpg jpeg jpe jfif png gif webp avif heic heif bmp tif tiff svg svgz ico psd xcf ai eps raw cr2 cr3 nef arw dng orf rw2 raf pef jxl jp2 tga dds exr hdr',
  audio: 'mp3 flac wav ogg oga opus m4a m4b aac wma aif aiff alac ape wv mid midi mka amr dsf dff caf mod xm it s3m',
  video: 'mp4 m4v mkv webm mov avi wmv flv mpg mpeg m2ts mts ts vob ogv 3gp 3g2 divx rm rmvb asf f4v',
  text: 'txt md markdown rst adoc asciidoc org log csv tsv srt vtt ass ssa nfo tex bib ini cfg conf toml yaml yml json jsonl xml properties',
  document:
    'pdf doc docx docm dot dotx odt ott rtf pages epub mobi azw azw3 fb2 djvu djv xps oxps ps xls xlsx xlsm xlsb ods numbers ppt pptx pptm pps ppsx odp key tex md txt',
  book: 'epub mobi azw azw3 fb2 djvu djv pdf cbz cbr cb7 lit',
  sheet: 'xls xlsx xlsm xlsb ods numbers csv tsv',
  slides: 'ppt pptx pptm pps ppsx odp key',
  code: 'js mjs cjs jsx ts mts cts tsx py pyi pyw ipynb rb php java kt kts scala groovy clj cljs c h cc cpp cxx hh hpp hxx m mm cs fs fsx vb go rs swift dart lua pl pm r jl hs lhs elm ex exs erl hrl ml mli nim zig v d sol asm s sh bash zsh fish ps1 psm1 bat cmd sql html htm css scss sass less vue svelte astro graphql proto json yaml yml toml xml gradle cmake mk tf nix vim el lisp scm wat',
  archive:
    'zip 7z rar tar gz tgz bz2 tbz tbz2 xz txz zst tzst lz lz4 lzma br cab arj lha lzh z jar war ear apk ipa deb rpm pkg msi iso img dmg vhd vhdx vmdk qcow2 wim vsix crx xpi whl gem nupkg snap flatpak appimage',
  font: 'ttf otf woff woff2 ttc eot pfb pfm',
  model: 'stl obj fbx gltf glb 3mf blend dae ply step stp iges igs skp dwg dxf 3ds usd usdz',
  program: 'exe msi app com bat cmd sh ps1 run bin appimage apk dll so dylib deb rpm pkg dmg',
  subtitle: 'srt vtt ass ssa sub idx sup',
};

const synonyms: Readonly<Record<string, string>> = {
  images: 'image',
  picture: 'image',
  pictures: 'image',
  photo: 'image',
  photos: 'image',
  music: 'audio',
  sound: 'audio',
  song: 'audio',
  songs: 'audio',
  videos: 'video',
  movie: 'video',
  movies: 'video',
  film: 'video',
  texts: 'text',
  documents: 'document',
  doc: 'document',
  docs: 'document',
  books: 'book',
  ebook: 'book',
  ebooks: 'book',
  spreadsheet: 'sheet',
  spreadsheets: 'sheet',
  presentation: 'slides',
  presentations: 'slides',
  source: 'code',
  sources: 'code',
  archives: 'archive',
  fonts: 'font',
  models: 'model',
  '3d': 'model',
  programs: 'program',
  executable: 'program',
  subtitles: 'subtitle',
};

/** The kinds that have a list, for messages. */
export const fileKinds: readonly string[] = Object.keys(extensions);

/** Extensions (folded, without dot) of a kind; undefined when there is no such kind. */
export function extensionsOfKind(kind: string): readonly string[] | undefined {
  const known = synonyms[kind] ?? kind;
  return Object.hasOwn(extensions, known) ? extensions[known]?.split(' ') : undefined;
}
