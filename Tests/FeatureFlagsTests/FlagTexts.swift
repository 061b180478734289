@testable import FeatureFlags
import ParallaxCore

/// Flag files as other tools write them. All say the standard values.
enum FlagTexts {
    static let pretty = String(decoding: FlagDefinitionFile.canonical(.defaultValue).bytes, as: UTF8.self)
    static let tabs = pretty.split(separator: "\n", omittingEmptySubsequences: false).map { line in
        String(repeating: "\t", count: line.prefix { $0 == " " }.count / 2) + line.drop { $0 == " " }
    }.joined(separator: "\n")
    static let crlf = pretty.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
    static let compact = String(pretty.filter { !$0.isWhitespace })
    static let handMade = """
        {"metadata" : {"owner":"Zo\\u00eb \\ud83d\\ude00", "parallax.reason" : "old"},
           "$evaluators": { "is\\/x": {"==": [1, 1.0e0]} },
         "flags": {
            "other-flag": {"state":"ENABLED","variants":{"a":{"deep":[{},[null,-0.5E+3]]}},"defaultVariant":"a"},
            "HYBRID_RATE_LIMITING": { "defaultVariant":"yes" , "variants": {"yes":true,"no":false}, "state":"ENABLED" },
            "\\u0044ISTRIBUTED_RATE_LIMITING_ENABLED": {"state": "ENABLED", "targeting": {"if": [true, "no", "yes"]},
                "variants": {"no": false, "yes": true}, "defaultVariant": "yes", "metadata": {"team": "edge"}},
            "FAIL_OPEN_ON_REDIS_ERROR": {"state":"ENABLED","variants":{"off":false},"defaultVariant":"off"},
            "DISTRIBUTED_ENFORCEMENT_PERCENT": {"state":"ENABLED","variants":{"none":0e0},"defaultVariant":"none"}
         } , "x": 1 }
        """
    static let all = [
        pretty, tabs, crlf, compact, handMade, "{\"flags\":{}}", "{ \"flags\" : { } }\n", "\n{\n\"flags\":{}}",
    ]

    static func file(_ text: String, fallback: FlagValues = .defaultValue) throws -> FlagDefinitionFile {
        try FlagDefinitionFile(parsing: Array(text.utf8), fallback: fallback)
    }

    /// A file with one flag of ours.
    static func file(_ name: FlagName, _ definition: String, fallback: FlagValues = .defaultValue) throws
        -> FlagDefinitionFile
    {
        try file("{\"flags\": {\"\(name.rawValue)\": \(definition)}}", fallback: fallback)
    }
}
