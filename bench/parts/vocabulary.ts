// Words and endings that generated names are made of: common nouns of everyday and of programs.

export const words: readonly string[] = `
access account action adapter address agent alarm album alert analysis anchor angle animal answer apple april archive area
argument arrow article asset atlas atom audio audit august autumn avenue backup balance ball bank banner barrel base basket batch
beach bean bear bell bench berry bicycle binary bird birthday blanket block blue board boat body bond book border bottle branch
brass bread brick bridge brief broker brush bucket buffer build bundle button cabin cable cache calendar camera canal candle
canvas capital captain card cargo castle catalog cave cell chain chair channel chapter chart cherry child choice church circle
city class clay client climate clock cloud cluster coast code coffee collar color column comment compass compiler concert config
connection console container contract control cookie copper copy corner cotton counter country course cover crane credit crew
crown crystal cursor curve customer cycle daemon dance data date dawn deck default delivery delta desert design desk detail device
dialog diary digest dinner direct disk dock document domain door draft dragon drawer dream driver drum dust eagle earth east echo
edge editor effect element email ember emblem empty energy engine entry error evening event example exchange export fabric factory
family farm feather feature feed fence fern festival fiber field figure file filter final finger fire fish flag flame flask flight
floor flower folder font forest fork form format fossil fountain fox fragment frame friend frost fruit fuel function future
gallery game garden gate gear giant glass globe gold grain grammar grape graph grass gravel green grid ground group guard guest
guide guitar habit hammer handle handler harbor hash header health heart heat hello helper hero hill history holiday home honey
hook horizon horse hotel hour house icon image import index input insect inside invoice iron island item ivory jacket january
jewel job join journal journey judge juice jungle kernel kettle key kitchen kite knife label ladder lake lamp language lantern
launch layer layout leaf ledger lemon length letter level library license light lily limit line link lion list liver loader local
location lock log logger loop lunch machine magnet mail main manual map maple march margin marker market mask master match matrix
meadow meal media meeting member memory menu mercury merge message metal meter method middle mill mine mirror mobile model module
moment monitor month moon morning motion motor mountain mouse museum music nation nature needle nest network night node noise
north note notice november number oak object ocean october office olive onion opera option orange orbit orchard order origin
output owl package page paint palace palm panel paper parade parent parser part party pass patch path pattern payment peach pearl
pencil pepper permit person phone photo piano picnic piece pilot pine pipe plan planet plant plate player plugin pocket poem point
policy pool port portal portrait potato powder prefix present print prism process product profile program project prompt proof
proxy pulse pump puzzle quality quarter query queue quick quiet rabbit radio rail rain range raven reader receipt recipe record
red reduce region register relay release remote render report request resolver resource response result review ribbon ring river
road robot rocket roof room root rope rose route router row ruby rule runner saddle sail salad salt sample sand scale scanner
scene schedule schema school science scope score screen script sea search season seat second secret section seed segment sender
sensor sentence september sequence server service session setting shadow shape share sheet shelf shell shield ship shirt shop
shore signal silver sister site sketch slice slide snow socket soil solar song sort sound source south space spark spec spider
spoon spring square stack staff stage stair stamp star start state station status steam steel stem step stone storage store storm
story strategy stream street string studio style sugar suite summary summer sun supply surface survey swan switch symbol system
table tablet target task teacher team temple tent term test text theme thread ticket tide tiger timber time timer title toast
token tomato tool topic torch total tower town track trade trail train transfer travel tree trial trigger truck tunnel tutorial
type umbrella uncle union unit update upload user utility vacation valley value vector vehicle vendor version vessel view village
vine violet violin virtual vision voice volume voyage wagon walk wall walnut watch water wave weather web wedding week west whale
wheat wheel willow wind window wine wing winter wire wizard wolf wonder wood wool word worker world wrapper writer yard year
yellow zebra zone zoom
`
  .trim()
  .split(/\s+/);

export const extensionsOf = {
  documents: ['pdf', 'pdf', 'docx', 'odt', 'xlsx', 'md', 'txt', 'pptx', 'html', 'epub'],
  languages: ['ts', 'js', 'py', 'go', 'rs', 'c', 'java', 'cs', 'rb'],
  sources: ['json', 'md', 'css', 'html', 'yml', 'svg', 'sql', 'sh', 'map', 'd.ts'],
} as const;
