// What we use of sodium-universal 5.0.1 (sodium-native where it can be loaded), which has no types of its own.

declare module 'sodium-universal' {
  const crypto_sign_PUBLICKEYBYTES: number;
  const crypto_sign_SECRETKEYBYTES: number;
  const crypto_sign_BYTES: number;
  function crypto_sign_keypair(publicKey: Uint8Array, secretKey: Uint8Array): void;
  function crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void;
  function crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void;
  function crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
  /** BLAKE2b; the key has 16 to 64 bytes. */
  function crypto_generichash(output: Uint8Array, input: Uint8Array, key?: Uint8Array): void;
  function crypto_generichash_batch(output: Uint8Array, inputs: Uint8Array[], key?: Uint8Array): void;
  /** Both throw when the key is none; and so does the product of a point of small order. */
  function crypto_sign_ed25519_pk_to_curve25519(output: Uint8Array, publicKey: Uint8Array): void;
  function crypto_sign_ed25519_sk_to_curve25519(output: Uint8Array, secretKey: Uint8Array): void;
  function crypto_scalarmult(output: Uint8Array, secretKey: Uint8Array, publicKey: Uint8Array): void;
  function randombytes_buf(buffer: Uint8Array): void;
}
