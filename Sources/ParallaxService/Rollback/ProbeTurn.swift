/// Whose turn it is to probe: one at a time, and one that is overdue has lost its say.
struct ProbeTurn: Equatable, Sendable {
    private var current = 0
    private var isRunning = false
    private var isOverdue = false

    /// - Returns: The turn's number; `nil` if the last has not ended: it is overdue now.
    mutating func start() -> Int? {
        guard !isRunning else {
            isOverdue = true
            return nil
        }
        current += 1
        isRunning = true
        isOverdue = false
        return current
    }

    /// - Returns: Whether the outcome counts.
    mutating func end(_ turn: Int) -> Bool {
        guard isRunning, turn == current else { return false }
        isRunning = false
        return !isOverdue
    }
}
