import ParallaxCore
import Testing

@Suite struct IdentityTests {
    @Test("an organization that is absent or empty is global", arguments: [nil, "", "global"])
    func globalOrganization(_ organization: String?) throws {
        #expect(try Identity(organization: organization, identifier: "a").organization == "global")
    }

    @Test("an empty identifier is refused")
    func emptyIdentifier() {
        #expect(throws: IdentityError.emptyIdentifier) { try Identity(identifier: "") }
    }

    @Test("256 bytes are accepted and 257 are refused, counted in UTF-8", arguments: ["a", "é", "😀"])
    func length(_ character: String) throws {
        let width = character.utf8.count
        let longest = String(repeating: character, count: 256 / width)
        let tooLong = longest + "b"
        #expect(try Identity(identifier: longest).identifier.utf8.count == 256)
        #expect(throws: IdentityError.tooLong(part: "identifier", bytes: 257)) { try Identity(identifier: tooLong) }
        #expect(throws: IdentityError.tooLong(part: "organization", bytes: 257)) {
            try Identity(organization: tooLong, identifier: "a")
        }
    }

    @Test("canonically equivalent spellings are two identities, as their bytes are")
    func spellings() throws {
        let composed = try Identity(identifier: "\u{e9}")
        let decomposed = try Identity(identifier: "e\u{301}")
        #expect("\u{e9}" == "e\u{301}")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
    }

    @Test("organization and identifier do not run together")
    func parts() throws {
        let one = try Identity(organization: "a", identifier: "bc")
        let other = try Identity(organization: "ab", identifier: "c")
        #expect(one != other)
        #expect(one.hashValue != other.hashValue)
    }
}
