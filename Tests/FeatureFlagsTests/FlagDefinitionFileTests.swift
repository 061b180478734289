@testable import FeatureFlags
import ParallaxCore
import Testing

@Suite struct FlagDefinitionFileTests {
    static let declaration = FlagDeclaration(by: "ann", reason: "why", changedAt: "2026-01-02T03:04:05.678Z")

    @Test("a file reads the same however it is formatted", arguments: FlagTexts.all)
    func formatting(text: String) throws {
        #expect(try FlagTexts.file(text).values == .defaultValue)
    }

    @Test("a new file says its values and who made it")
    func canonical() throws {
        let values = FlagValues(distributedEnabled: false, hybrid: false, failOpen: true, enforcementPercent: 12.5)
        let file = FlagDefinitionFile.canonical(values, declaration: Self.declaration)
        #expect(file.values == values)
        #expect(file.declaration == Self.declaration)
        #expect(file.notes == [])
        #expect(try FlagDefinitionFile(parsing: file.bytes, fallback: .defaultValue).values == values)
    }

    struct Invalid: CustomTestStringConvertible {
        let name: FlagName
        let definition: String
        let code: FlagDefinitionError.Code

        var testDescription: String { definition }
    }

    @Test(
        "an invalid flag makes the file invalid, and the error names it",
        arguments: [
            Invalid(name: .hybrid, definition: "true", code: .wrongType),
            Invalid(name: .hybrid, definition: "[]", code: .wrongType),
            Invalid(name: .hybrid, definition: "{}", code: .wrongType),
            Invalid(
                name: .hybrid, definition: #"{"state":"enabled","variants":{"on":true},"defaultVariant":"on"}"#,
                code: .wrongType),
            Invalid(name: .hybrid, definition: #"{"state":"ENABLED","defaultVariant":"on"}"#, code: .wrongType),
            Invalid(
                name: .hybrid, definition: #"{"state":"ENABLED","variants":{},"defaultVariant":"on"}"#, code: .wrongType
            ),
            Invalid(
                name: .hybrid, definition: #"{"state":"ENABLED","variants":{"on":"true"},"defaultVariant":"on"}"#,
                code: .wrongType),
            Invalid(
                name: .hybrid, definition: #"{"state":"ENABLED","variants":{"on":1},"defaultVariant":"on"}"#,
                code: .wrongType),
            Invalid(
                name: .failOpen, definition: #"{"state":"ENABLED","variants":{"on":true},"defaultVariant":true}"#,
                code: .wrongType),
            Invalid(
                name: .failOpen, definition: #"{"state":"ENABLED","variants":{"on":true},"defaultVariant":"off"}"#,
                code: .unknownVariant),
            Invalid(
                name: .failOpen,
                definition: #"{"state":"ENABLED","variants":{"\u00e9":true},"defaultVariant":"e\u0301"}"#,
                code: .unknownVariant),
            Invalid(
                name: .enforcementPercent,
                definition: #"{"state":"ENABLED","variants":{"all":true},"defaultVariant":"all"}"#, code: .wrongType),
            Invalid(
                name: .enforcementPercent,
                definition: #"{"state":"ENABLED","variants":{"all":100.5},"defaultVariant":"all"}"#, code: .outOfRange),
            Invalid(
                name: .enforcementPercent,
                definition: #"{"state":"ENABLED","variants":{"all":-1},"defaultVariant":"all"}"#, code: .outOfRange),
            Invalid(
                name: .enforcementPercent,
                definition: #"{"state":"ENABLED","variants":{"all":1e999},"defaultVariant":"all"}"#, code: .outOfRange),
        ])
    func invalid(row: Invalid) throws {
        let error = try #require(throws: FlagDefinitionError.self) {
            try FlagTexts.file(row.name, row.definition)
        }
        #expect(error.code == row.code)
        #expect(error.flag == row.name)
        #expect(error.description.contains(row.name.rawValue))
    }

    @Test(
        "a file that is not an object with flags is invalid",
        arguments: ["[]", "true", "{}", #"{"flags": []}"#, #"{"flags": null}"#])
    func noFlags(text: String) throws {
        #expect(try #require(throws: FlagDefinitionError.self) { try FlagTexts.file(text) }.code == .noFlags)
    }

    @Test("metadata that is not an object makes the file invalid")
    func metadata() throws {
        #expect(throws: FlagDefinitionError.self) { try FlagTexts.file(#"{"flags": {}, "metadata": []}"#) }
    }

    @Test("a flag that is missing leaves its value to the environment")
    func missing() throws {
        let fallback = FlagValues(distributedEnabled: false, hybrid: false, failOpen: true, enforcementPercent: 7)
        let file = try FlagTexts.file(
            #"{"flags": {"else": {"state": "ENABLED", "variants": {"x": 1}}}}"#, fallback: fallback)
        #expect(file.values == fallback)
        #expect(file.notes == FlagName.allCases.map { .missing($0) })
    }

    @Test(
        "a flag that is disabled or has no default leaves its value to the environment",
        arguments: [
            (#"{"state":"DISABLED","variants":{"on":true},"defaultVariant":"on"}"#, FlagNote.disabled(.failOpen)),
            (#"{"state":"ENABLED","variants":{"on":true},"defaultVariant":null}"#, .noDefaultVariant(.failOpen)),
            (#"{"state":"ENABLED","variants":{"on":true},"defaultVariant":""}"#, .noDefaultVariant(.failOpen)),
            (#"{"state":"ENABLED","variants":{"on":true}}"#, .noDefaultVariant(.failOpen)),
        ])
    func fallback(definition: String, note: FlagNote) throws {
        let file = try FlagTexts.file(.failOpen, definition)
        #expect(!file.values.failOpen)
        #expect(file.notes.contains(note))
    }

    @Test(
        "rules are noted and not followed, empty ones are not noted",
        arguments: [(#"{"if": [true, "off"]}"#, true), ("[]", true), ("{}", false), ("null", false), ("{ \n}", false)])
    func targeting(rule: String, isNoted: Bool) throws {
        let file = try FlagTexts.file(
            .hybrid,
            #"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"on","targeting":\#(rule)}"#)
        #expect(file.values.hybrid)
        #expect(file.notes.contains(.targetingIgnored(.hybrid)) == isNoted)
    }

    @Test("a key that other clients refuse is noted")
    func unknownKey() throws {
        let file = try FlagTexts.file(
            .hybrid, #"{"state":"ENABLED","variants":{"on":true},"defaultVariant":"on","by\n":1}"#)
        #expect(file.notes.contains(.unknownKey(.hybrid, "by\n")))
        #expect(FlagNote.unknownKey(.hybrid, "by\n").description.contains(#""by\u{a}""#))
    }

    @Test("of duplicate keys the last one counts")
    func duplicates() throws {
        let file = try FlagTexts.file(
            """
            {"flags": {}, "flags": {"HYBRID_RATE_LIMITING": 1, "HYBRID_RATE_LIMITING":
              {"state":"DISABLED", "state":"ENABLED", "variants":{"on":true, "on":false}, "defaultVariant":"on"}}}
            """)
        #expect(!file.values.hybrid)
    }

    @Test("a declaration is taken as plain text of bounded length")
    func declarations() {
        let declaration = FlagDeclaration(
            by: " eve\n\u{1b}[31m\u{202e}x ", reason: String(repeating: "r", count: 5000), changedAt: "t")
        #expect(declaration.by == "eve [31m x")
        #expect(declaration.reason.count == FlagDeclaration.longestReason)
    }
}
