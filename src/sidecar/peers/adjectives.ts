// The 256 adjectives that names derived from keys are made of. Order and spelling are part of every peer's name: never change them.

export const adjectives: readonly string[] = `
  able agile airy alert amber ample apricot aqua arctic artful autumn avid awake azure balanced balmy beaming bold bouncy
  brave breezy bright brisk bronze bubbly busy buttery calm candid canny careful caring cheerful cheery chirpy civic clean
  clear clever cloudy coastal cool copper coral cordial cosmic cosy cozy crafty creamy crimson crisp crystal cuddly
  curious curly dainty dancing dapper daring dashing dawning dazzling decent deft dewy dreamy eager early earnest earthy
  easy elated elegant eloquent emerald epic fabled fair faithful famous fancy festive fine fleet floral fluent fluffy
  flying fond free fresh friendly frosty funny fuzzy gallant genial gentle genuine giddy gifted glad gleaming glossy
  glowing golden good graceful grand grateful green handy happy hardy hazel hearty helpful heroic honest hopeful humble
  humming ideal indigo inventive ivory jade jaunty jazzy jolly jovial joyful keen kind kindly lasting laughing leafy
  learned likable lilac lively loyal lucid lucky lunar lush magic maple mellow merry mighty mild mindful minty misty
  modest mossy musical neat nifty nimble noble northern novel oaken open orderly outgoing patient peaceful pearly peppy
  playful pleasant plucky poetic polite proud purple quick quiet quirky radiant rapid ready regal robust rosy royal ruby
  rustic sandy sapphire scarlet serene sharp shiny silent silken silver simple sincere skilful sleek smart smiling smooth
  snappy snowy sociable soft solar solid sparkling speedy splendid spry stable starry steady stellar sterling sturdy
  subtle sunlit sunny sure tender thankful thorough tidy tranquil true trusty twinkling upbeat valiant velvet verdant
  vibrant violet vivid warm wavy willing windy winsome wintry wise witty wondrous worthy zesty zippy
`
  .trim()
  .split(/\s+/);
