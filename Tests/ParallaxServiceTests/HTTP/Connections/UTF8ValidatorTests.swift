import NIOCore
import Testing

@testable import ParallaxService

@Suite struct UTF8ValidatorTests {
    private func isValid(_ pieces: [[UInt8]]) -> Bool {
        var watch = UTF8Validator()
        for piece in pieces { watch.read(ByteBuffer(bytes: piece)) }
        return watch.isValid
    }

    @Test("a text is valid wherever it is cut")
    func readsPieces() {
        let text = Array("GET / é€😀\u{fffd} and ASCII that is longer than a word".utf8)
        for cut in text.indices { #expect(isValid([Array(text[..<cut]), Array(text[cut...])])) }
        #expect(isValid(text.map { [$0] }))
    }

    @Test(
        "what is not UTF-8 is found wherever it is cut, and stays found",
        arguments: [[0xe9], [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0x80], [0xf0, 0x9f, 0x98], [0xe2, 0x82]]
            as [[UInt8]])
    func findsOthers(bytes: [UInt8]) {
        let text = Array("Key: caf".utf8) + bytes + Array("\r\n\r\n".utf8)
        for cut in text.indices { #expect(!isValid([Array(text[..<cut]), Array(text[cut...])])) }
        #expect(!isValid(text.map { [$0] }))
        #expect(!isValid([text, Array("GET / HTTP/1.1\r\n".utf8)]))
    }
}
