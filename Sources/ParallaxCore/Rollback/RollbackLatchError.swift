/// Why a rollback's latch was not cleared. The remedy is the caller's.
package enum RollbackLatchError: Error, Equatable, CustomStringConvertible {
    case notLatched
    case empty(part: String)
    case tooLong(part: String, bytes: Int)
    case controlCharacters(part: String)

    package var description: String {
        switch self {
        case .notLatched: "there is no rollback to acknowledge: none took place, or it was acknowledged already"
        case .empty(let part): "an acknowledgement needs a \(part); it is kept with the rollback"
        case .tooLong(let part, let bytes):
            "the \(part) has \(bytes) bytes; at most \(Acknowledgement.maximumBytes) are allowed"
        case .controlCharacters(let part): "the \(part) holds control characters, such as a line break; leave them out"
        }
    }
}
