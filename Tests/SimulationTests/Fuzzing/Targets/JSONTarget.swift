import ParallaxCore

/// Any bytes, to the scanner of JSON and to the readers that are built on it.
enum JSONTarget {
    static func run(_ bytes: [UInt8]) throws(Violation) {
        let strict = try scan(bytes, checksStrings: true)
        let document = try? JSONDocument(parsing: bytes)
        try Violation.unless(
            (strict == nil) == (document != nil), "scanning says \(String(describing: strict)), reading a flag file not"
        )
        guard strict == nil else { return }
        let lenient = try scan(bytes, checksStrings: false)
        try Violation.unless(lenient == nil, "what is JSON is refused unchecked: \(String(describing: lenient))")
        guard let document else { return }
        try check(document.root)
    }

    /// Scans the whole text, and returns its fault.
    private static func scan(_ bytes: [UInt8], checksStrings: Bool) throws(Violation) -> JSONFault? {
        let fault: JSONFault? = bytes.withUnsafeBufferPointer { buffer in
            var scanner = JSONScanner(buffer, checksStrings: checksStrings)
            do throws(JSONFault) {
                try scanner.begin()
                _ = try scanner.value()
                try scanner.end()
                return nil
            } catch {
                return error
            }
        }
        try Violation.unless(
            fault.map { (0...bytes.count).contains($0.offset) } ?? true, "a fault outside of the text: \(fault!)")
        return fault
    }

    /// Every text is read as it was, when it is written again.
    private static func check(_ node: JSONNode) throws(Violation) {
        if case .string(let text) = node.value {
            let written = JSONValue.string(text).text(layout: .compact)
            let again = try? JSONDocument(parsing: Array(written.utf8)).root.string
            try Violation.unless(again.map { Array($0.utf8) } == Array(text.utf8), "\(written) is read otherwise")
        }
        for member in node.members ?? [] { try check(member.value) }
    }
}
