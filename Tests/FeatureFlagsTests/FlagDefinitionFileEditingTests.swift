import ParallaxCore
import ParallaxTesting
import Testing

@testable import FeatureFlags
@testable import ParallaxCore

@Suite struct FlagDefinitionFileEditingTests {
    static let declaration = FlagDeclaration(by: "ann", reason: "say \"why\"\\", changedAt: "2026-01-02T03:04:05.678Z")
    static let updates = [
        FlagUpdate.rollback, FlagUpdate(hybrid: false), FlagUpdate(failOpen: true, enforcementPercent: 12.5),
        FlagUpdate(
            distributedEnabled: false, hybrid: false, failOpen: true, enforcementPercent: 50, emptiesTargeting: true),
    ]

    @Test(
        "an edit gives the wanted values, is declared, and repeated changes nothing", arguments: FlagTexts.all, updates)
    func edit(text: String, update: FlagUpdate) throws {
        let file = try FlagTexts.file(text)
        let edited = try file.applying(update, declaration: Self.declaration)
        #expect(edited.values == update.applied(to: .defaultValue))
        #expect(edited.declaration == Self.declaration)
        let later = FlagDeclaration(by: "bob", reason: "again", changedAt: "later")
        #expect(try edited.applying(update, declaration: later) == edited)
    }

    @Test("an edit and its opposite leave the flags' text as it was", arguments: FlagTexts.all.prefix(4))
    func thereAndBack(text: String) throws {
        let declared = try FlagTexts.file(text).applying(FlagUpdate(hybrid: false), declaration: Self.declaration)
        let back = try declared.applying(FlagUpdate(hybrid: true), declaration: Self.declaration)
        let common = zip(text.utf8, back.bytes).prefix { $0 == $1 }.count
        // All but the closing brace and the line breaks around it: there the metadata was added.
        #expect(common >= text.utf8.count - "\r\n}\r\n".utf8.count)
        #expect(try back.applying(FlagUpdate(hybrid: false), declaration: Self.declaration) == declared)
    }

    @Test("a rollback changes the default, the rules and the metadata of a file made by hand, and nothing else")
    func rollback() throws {
        let edited = try FlagTexts.file(FlagTexts.handMade).applying(.rollback, declaration: Self.declaration)
        let expected = FlagTexts.handMade
            .replacing(#"{"if": [true, "no", "yes"]}"#, with: "{}")
            .replacing(#"true}, "defaultVariant": "yes""#, with: #"true}, "defaultVariant": "no""#)
            .replacing(
                #""parallax.reason" : "old""#,
                with: #""parallax.reason" : "say \"why\"\\", "parallax.changedBy" : "ann", "#
                    + #""parallax.changedAt" : "2026-01-02T03:04:05.678Z""#)
        #expect(String(decoding: edited.bytes, as: UTF8.self) == expected)
    }

    @Test("what is added to a file is laid out as the rest of it")
    func layout() throws {
        let file = try FlagTexts.file("{\r\n\t\"flags\": {}\r\n}\r\n")
        let edited = try file.applying(FlagUpdate(failOpen: true), declaration: Self.declaration)
        let lines = [
            "{", "\t\"flags\": {", "\t\t\"FAIL_OPEN_ON_REDIS_ERROR\": {", "\t\t\t\"state\": \"ENABLED\",",
            "\t\t\t\"variants\": {", "\t\t\t\t\"on\": true,", "\t\t\t\t\"off\": false", "\t\t\t},",
            "\t\t\t\"defaultVariant\": \"on\",", "\t\t\t\"targeting\": {}", "\t\t}", "\t},", "\t\"metadata\": {",
            "\t\t\"parallax.changedBy\": \"ann\",", "\t\t\"parallax.reason\": \"say \\\"why\\\"\\\\\",",
            "\t\t\"parallax.changedAt\": \"2026-01-02T03:04:05.678Z\"", "\t}", "}", "",
        ]
        #expect(String(decoding: edited.bytes, as: UTF8.self) == lines.joined(separator: "\r\n"))
    }

    @Test("a variant is added where none has the value, under a name that is free")
    func variants() throws {
        let file = try FlagTexts.file(
            .hybrid, #"{"state":"ENABLED","variants":{"off":true,"off_2":true,"":false},"defaultVariant":"off"}"#)
        let edited = try file.applying(FlagUpdate(hybrid: false), declaration: Self.declaration)
        #expect(!edited.values.hybrid)
        #expect(edited.document.root["flags"]?[FlagName.hybrid.rawValue]?["defaultVariant"]?.string == "off_3")
    }

    @Test("a disabled flag that is set is enabled")
    func disabled() throws {
        let file = try FlagTexts.file(
            .distributedEnabled, #"{"state":"DISABLED","variants":{"on":true,"off":false},"defaultVariant":"off"}"#)
        #expect(file.values.distributedEnabled)
        #expect(try !file.applying(.rollback, declaration: Self.declaration).values.distributedEnabled)
    }

    @Test("rules stay unless the update empties them")
    func rulesStay() throws {
        let edited = try FlagTexts.file(FlagTexts.handMade)
            .applying(FlagUpdate(distributedEnabled: false), declaration: Self.declaration)
        #expect(edited.notes.contains(.targetingIgnored(.distributedEnabled)))
        #expect(!edited.values.distributedEnabled)
    }

    @Test(
        "an edit that could miss the key that counts is refused",
        arguments: [
            #"{"flags": {}, "flags": {}}"#,
            #"{"flags": {"HYBRID_RATE_LIMITING": {}, "HYBRID_RATE_LIMITING": \#(flag)}}"#,
            #"{"flags": {"HYBRID_RATE_LIMITING": {"state":"ENABLED","variants":{"on":true,"on":true},"defaultVariant":"on"}}}"#,
            #"{"flags": {"HYBRID_RATE_LIMITING": {"state":"ENABLED","variants":{"on":true},"defaultVariant":"","defaultVariant":"on"}}}"#,
            #"{"flags": {}, "metadata": {}, "metadata": {}}"#,
            #"{"flags": {}, "metadata": {"parallax.reason": 1, "parallax.reason": 2}}"#,
        ])
    func ambiguous(text: String) throws {
        let file = try FlagTexts.file(text)
        let error = try #require(throws: FlagDefinitionError.self) {
            try file.applying(FlagUpdate(hybrid: false), declaration: Self.declaration)
        }
        #expect(error.code == .ambiguous)
        #expect(error.description.contains("more than once"))
    }

    static let flag = #"{"state":"ENABLED","variants":{"on":true},"defaultVariant":"on"}"#

    @Test("a percentage outside 0 to 100 is refused", arguments: [-1, 100.01, .nan, .infinity])
    func percent(percent: Double) throws {
        let file = FlagDefinitionFile.canonical(.defaultValue)
        #expect(throws: FlagDefinitionError.self) {
            try file.applying(FlagUpdate(enforcementPercent: percent), declaration: Self.declaration)
        }
    }

    @Test("a chain of random edits always gives what was wanted and keeps what is not ours")
    func random() throws {
        var random = SplitMix64(seed: 7)
        for text in FlagTexts.all {
            var file = try FlagTexts.file(text)
            for step in 0..<20 {
                let update = FlagUpdate(
                    distributedEnabled: [nil, true, false].randomElement(using: &random) ?? nil,
                    hybrid: [nil, true, false].randomElement(using: &random) ?? nil,
                    failOpen: [nil, true, false].randomElement(using: &random) ?? nil,
                    enforcementPercent: [nil, 0, 3, 0.25].randomElement(using: &random) ?? nil,
                    emptiesTargeting: Bool.random(using: &random))
                let wanted = update.applied(to: file.values)
                let declaration = FlagDeclaration(by: "b", reason: "\(step)", changedAt: "\(step)")
                file = try file.applying(update, declaration: declaration)
                #expect(file.values == wanted)
            }
            for foreign in [#""other-flag": {"state""#, #""owner":"Zo\u00eb \ud83d\ude00""#, #"{"==": [1, 1.0e0]}"#]
            where text.contains(foreign) {
                #expect(String(decoding: file.bytes, as: UTF8.self).contains(foreign))
            }
        }
    }
}
