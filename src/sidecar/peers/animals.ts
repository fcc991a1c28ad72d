// The 256 animals that names derived from keys are made of. Order and spelling are part of every peer's name: never change them.

export const animals: readonly string[] = `
  aardvark albatross alpaca anchovy angelfish anteater antelope armadillo avocet axolotl badger barracuda bear beaver bee
  beluga bilby bison blackbird bobcat bobolink bonobo buffalo bumblebee butterfly camel capybara caracal cardinal caribou
  cassowary cat catfish chameleon chamois cheetah chickadee chinchilla chipmunk cicada condor cormorant coyote crab crane
  crayfish cricket curlew cuttlefish deer dingo dipper dog dolphin donkey dormouse dory dove dragonfly duck dugong dunlin
  eagle echidna egret eider elephant elk emu falcon fawn ferret finch firefly flamingo fox frog gannet gazelle gecko genet
  gerbil gibbon giraffe goat goldcrest goldfinch goldfish goose gopher goshawk grebe greyhound guppy hamster hare harrier
  hawk hedgehog heron hippo honeybee hoopoe hornbill horse hummingbird husky ibex ibis iguana impala jackdaw jaguar jay
  jellyfish jerboa kakapo kangaroo kestrel kingfisher kinkajou kite kitten kiwi koala koi kookaburra kudu ladybird lapwing
  lark lemming lemur leopard lion lizard llama lobster loon lorikeet lynx macaw magpie mallard manatee manta margay
  marmoset marmot marten meerkat merlin minnow mongoose moose mouse narwhal newt nightingale numbat nuthatch ocelot
  octopus okapi orca oriole oryx osprey ostrich otter owl oyster panda pangolin panther parakeet parrot partridge peacock
  pelican penguin petrel pheasant pika pike platypus plover porcupine porpoise possum puffin puma pup quail quokka quoll
  rabbit raccoon raven ray redstart reindeer rhino roadrunner robin rook salamander salmon sandpiper sardine scallop
  seahorse seal serval sheep skylark sloth sparrow spoonbill squirrel starfish starling stoat stork swallow swan swift
  tamarin tanager tapir tarsier teal tern terrapin thrush tiger toad tortoise toucan trout turtle urchin wagtail wallaby
  walrus warbler waxwing whale wolf wolverine wombat woodlark woodpecker wren yak zebra
`
  .trim()
  .split(/\s+/);
