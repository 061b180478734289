import Foundation

/// What was asked and what came, one after the other, in the form of a golden file.
struct Transcript {
    let volatile: VolatileText
    let source: VolatileText.Source
    private(set) var text = ""

    init(_ volatile: VolatileText, _ source: VolatileText.Source) {
        (self.volatile, self.source) = (volatile, source)
    }

    /// Adds a request and its answer: the status, the headers in their order, and the body.
    mutating func add(_ request: GoldenRequest, _ response: ParallaxProcess.Response) {
        // Whether a body that no route reads has arrived in full by the time of the answer is chance, and decides on
        // closing.
        let headers = response.headers.filter { request.body == nil || $0.name != "connection" }
            .map { "\($0.name): \($0.value)" }
        add(
            request.title,
            ([String(response.status)] + headers).joined(separator: "\n") + "\n\n" + response.body.unfoldedJSON)
    }

    /// Adds a command with its exit status and all that it printed.
    mutating func add(_ command: [String], _ output: ParallaxBinary.Output) {
        add("parallax " + command.map(Self.quoted).joined(separator: " "), Self.text(of: output))
    }

    /// Adds anything under a title.
    mutating func add(_ title: String, _ body: String) {
        let separator = text.isEmpty ? "" : "\n"
        text += separator + "=== " + volatile.replaced(in: title + "\n" + body, of: source)
        if text.utf8.last != 0x0A { text += "\n" }
    }

    private static func text(of output: ParallaxBinary.Output) -> String {
        [
            output.text, output.errors.isEmpty ? "" : "standard error:\n" + output.errors,
            output.status == 0 ? "" : "exit code \(output.status)\n",
        ].filter { !$0.isEmpty }.joined()
    }

    private static func quoted(_ word: String) -> String { word.contains(" ") ? "\"\(word)\"" : word }
}

/// A request to a running service.
struct GoldenRequest {
    let method: String
    let path: String
    var headers: [String: String] = [:]
    var body: String?
    /// Replaces the body in the golden file, if that is long.
    var note: String?

    init(
        _ method: String, _ path: String, _ body: String? = nil, headers: [String: String] = [:], note: String? = nil
    ) {
        (self.method, self.path, self.body, self.headers, self.note) = (method, path, body, headers, note)
    }

    /// The request as the golden file shows it; what is long by its size or by a note.
    var title: String {
        let headers = headers.sorted { $0.key < $1.key }.map { name, value in
            "\(name): \(value.utf8.count > 100 ? "\(value.utf8.count) bytes" : value)"
        }
        return (["\(method) \(path)"] + headers + [note ?? body].compactMap { $0 }).joined(separator: "\n") + "\n---"
    }
}

extension String {
    /// A JSON text with a line for each key and element, all else as it is; other texts as they are.
    var unfoldedJSON: String {
        guard hasPrefix("{") || hasPrefix("[") else { return self }
        var (result, depth, isInString, isEscaped) = ("", 0, false, false)
        var last: Character = " "
        func newLine() -> String { "\n" + String(repeating: "  ", count: depth) }
        for character in self {
            if isInString {
                result.append(character)
                if character == "\"" && !isEscaped { isInString = false }
                isEscaped = character == "\\" && !isEscaped
                last = character
                continue
            }
            let (isAfterOpening, isClosing) = ("{[".contains(last), "}]".contains(character))
            if isClosing { depth -= 1 }
            if isAfterOpening != isClosing { result += newLine() }
            result.append(character)
            if "{[".contains(character) { depth += 1 }
            if character == "," { result += newLine() }
            isInString = character == "\""
            last = character
        }
        return result
    }
}
