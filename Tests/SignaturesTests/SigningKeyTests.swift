import Signatures
import Testing

@Suite struct SigningKeyTests {
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"), ("~~~???", "fn5+Pz8/"),
  ])
  func `base64 is that of RFC 4648`(plain: String, encoded: String) {
    #expect(Base64.text(Array(plain.utf8)) == encoded)
    #expect(Base64.bytes(encoded) == Array(plain.utf8))
  }

  @Test(arguments: ["Z", "Zg", "Zg=", "Zh==", "Z===", "Zm9v\n", "Zm-v", "=Zg=", "Zg==Zg=="])
  func `base64 of another form is refused`(text: String) {
    #expect(Base64.bytes(text) == nil)
  }

  @Test func `what a key signs its public half accepts, and nothing else`() throws {
    let key = try SigningKey.generate()
    let other = try SigningKey.generate()
    let message = Array("message".utf8)
    let signature = try key.signature(of: message)
    let verification = try VerificationKey(pem: key.publicPEM())
    // Macros cannot take a key that cannot be copied.
    let answers = [
      verification.accepts(signature, of: message),
      verification.accepts(signature, of: Array("messagE".utf8)),
      verification.accepts(try other.signature(of: message), of: message),
      verification.accepts(Array(signature.dropLast()), of: message),
      verification.accepts([], of: message),
    ]
    #expect(answers == [true, false, false, false, false])
  }

  @Test func `a key survives its text`() throws {
    let key = try SigningKey.generate()
    let pem = try key.publicPEM()
    let again = try SigningKey(pem: key.privatePEM()).publicPEM()
    let verification = try VerificationKey(pem: pem).pem()
    #expect(again == pem && verification == pem)
  }

  @Test func `what is no key is refused without its text`() throws {
    for text in [
      "", "secret words", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    ] {
      let error = #expect(throws: SignatureError.self) { _ = try SigningKey(pem: Array(text.utf8)) }
      #expect(error?.description.contains("secret") == false)
      #expect(throws: SignatureError.self) { _ = try VerificationKey(pem: Array(text.utf8)) }
    }
    let key = try SigningKey.generate()
    let pem = try key.privatePEM()
    #expect(throws: SignatureError.self) { _ = try VerificationKey(pem: pem) }
  }
}
