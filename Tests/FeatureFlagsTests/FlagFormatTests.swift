@testable import FeatureFlags
import ParallaxCore
import Testing

@Suite struct FlagFormatTests {
    /// A whole file around one part.
    private static func text(flag: String = "", file: String = "") -> String {
        let mine = #""HYBRID_RATE_LIMITING": {"state": "ENABLED", "variants": {"on": true, "off": false}}"#
        return "{\(file.isEmpty ? "" : file + ", ")\"flags\": {\(mine)\(flag.isEmpty ? "" : ", " + flag)}}"
    }

    private static func faults(_ text: String) throws -> [String] {
        let file = try FlagDefinitionFile(parsing: Array(text.utf8), fallback: .defaultValue)
        return file.notes.map(\.description).filter { $0.contains("outside the flagd format") }
    }

    @Test(
        "a file that the public schema takes has no fault",
        arguments: [
            text(), text(file: ##""$schema": "x", "metadata": {"a": 1, "b": "c", "d": true}"##),
            text(file: #""$evaluators": {"mine": {"==": [1, 1]}}"#), text(file: #""anything": [1]"#),
            text(flag: #""a": {"state": "DISABLED", "variants": {"x": 1, "y": 2.5}, "defaultVariant": null}"#),
            text(flag: #""a": {"state": "ENABLED", "variants": {"x": "1"}, "targeting": {"if": [true, "x"]}}"#),
            text(flag: #""a": {"state": "ENABLED", "variants": {"x": {}}, "metadata": {"owner": "b"}}"#),
            text(flag: #""a": {"state": "ENABLED", "variants": {"x": {}}, "source": "s", "selector": "t"}"#),
        ])
    func sound(text: String) throws {
        #expect(try Self.faults(text) == [])
    }

    @Test(
        "what other clients refuse a file for is named, also where it is in another program's flag",
        arguments: [
            (text(flag: #""a": 1"#), "flag \"a\" is not an object"),
            (text(flag: #""": {"state": "ENABLED", "variants": {"x": 1}}"#), "empty name"),
            (text(flag: #""a": {"variants": {"x": 1}}"#), "no state"),
            (text(flag: #""a": {"state": "on", "variants": {"x": 1}}"#), "no state"),
            (text(flag: #""a": {"state": "ENABLED"}"#), "no variants"),
            (text(flag: #""a": {"state": "ENABLED", "variants": {}}"#), "no variants"),
            (text(flag: #""a": {"state": "ENABLED", "variants": {"": 1}}"#), "variant with an empty name"),
            (text(flag: #""a": {"state": "ENABLED", "variants": {"x": 1, "y": "z"}}"#), "not all booleans"),
            (text(flag: #""a": {"state": "ENABLED", "variants": {"x": [1]}}"#), "not all booleans"),
            (text(flag: #""a": {"state": "ENABLED", "variants": {"x": 1}, "defaultVariant": 1}"#), "defaultVariant"),
            (text(flag: #""a": {"state": "ENABLED", "variants": {"x": 1}, "targeting": [1]}"#), "targeting"),
            (text(flag: #""a": {"state": "ENABLED", "variants": {"x": 1}, "metadata": {"b": {}}}"#), "metadata \"b\""),
            (text(flag: #""a": {"state": "ENABLED", "variants": {"x": 1}, "owner": "b"}"#), "key \"owner\""),
            (text(file: #""metadata": {"a": null}"#), "the file has metadata \"a\""),
            (text(file: #""metadata": {"": 1}"#), "the file has metadata with an empty name"),
            (text(file: #""$evaluators": {"mine": 1}"#), "$evaluators"),
            (text(file: #""$evaluators": []"#), "$evaluators"),
        ])
    func faulty(text: String, fault: String) throws {
        let faults = try Self.faults(text)
        #expect(faults.count == 1)
        #expect(faults.first?.contains(fault) == true, "\(faults)")
    }

    @Test(
        "nothing that is written here brings a fault into a file",
        arguments: [FlagUpdate.rollback, .init(failOpen: true)])
    func written(update: FlagUpdate) throws {
        let declaration = FlagDeclaration(by: "ann", reason: "because", changedAt: "t", number: 7)
        for file in [
            FlagDefinitionFile.canonical(.defaultValue),
            try FlagDefinitionFile(parsing: Array(Self.text().utf8), fallback: .defaultValue),
        ] {
            var update = update
            update.enforcementPercent = 33.3
            let edited = try file.applying(update, declaration: declaration)
            #expect(try Self.faults(String(decoding: edited.bytes, as: UTF8.self)) == [])
            #expect(edited.declaration == declaration)
        }
    }

    @Test("a file of a thousand faults is told in a few notes")
    func bounded() throws {
        let flags = (0..<1000).map { "\"f\($0)\": 1" }.joined(separator: ", ")
        #expect(try Self.faults(Self.text(flag: flags)).count == 20)
    }
}
