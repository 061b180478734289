import CommandSupport
import Foundation

/// How much of this process lies in the machine's memory.
enum ResidentMemory {
    /// Reads it from `/proc/self/statm`, whose second number counts pages (proc(5)).
    static func bytes() throws -> Int {
        let path = "/proc/self/statm"
        let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
        guard let pages = pages(inStatm: text) else {
            throw CommandFailure(.failure, "\(path) does not say how much memory this process takes")
        }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// The resident pages of a line of `statm`; `nil` if it is none.
    static func pages(inStatm text: String) -> Int? {
        let numbers = text.split(whereSeparator: \.isWhitespace)
        return numbers.count > 1 ? Int(numbers[1]) : nil
    }
}
