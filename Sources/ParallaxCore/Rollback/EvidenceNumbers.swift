/// The numbers that an evaluation was reached from, by the names they are stored under: being written or being read.
///
/// A reading lists its numbers once, for both directions, so that what is written can be read again. Synthesized `Codable`
/// cannot write the one flat object that all releases store: populations are prefixes of names, and times have units.
struct EvidenceNumbers {
    /// What has been written, or what is left to read.
    private(set) var byName: [String: Double]
    /// Whether every number that must be there was there, and all are of their kind.
    private(set) var isComplete = true
    /// What each name begins with; empty for none.
    var prefix = ""
    private let isReading: Bool

    /// - Parameter stored: What to read; `nil` to write.
    init(reading stored: [String: Double]? = nil) {
        byName = stored ?? [:]
        isReading = stored != nil
    }

    /// Writes or reads a number that may be missing.
    mutating func exchange<Value: EvidenceNumber>(_ name: String, _ value: inout Value?) {
        let name = stored(name)
        if isReading {
            guard let number = byName.removeValue(forKey: name) else { return value = nil }
            value = Value(number: number)
            if value == nil { reject() }
        } else {
            byName[name] = value?.number
        }
    }

    /// Writes or reads a number.
    ///
    /// - Parameter ifMissing: What stands for it in what earlier releases stored; `nil` if it must be there.
    mutating func exchange<Value: EvidenceNumber>(_ name: String, _ value: inout Value, ifMissing: Value? = nil) {
        var known: Value? = value
        exchange(name, &known)
        if let known = known ?? ifMissing { value = known } else { reject() }
    }

    /// Writes a number that follows from others, and is not read.
    mutating func derive(_ name: String, _ value: @autoclosure () -> Double) {
        byName[stored(name)] = isReading ? nil : value()
    }

    /// Whether a group of numbers is to be exchanged: it is there to be written, or its first number is there to be read.
    func holds(_ name: String, _ isKnown: Bool) -> Bool { isReading ? byName[stored(name)] != nil : isKnown }

    /// Notes that the numbers make no reading.
    mutating func reject() { isComplete = false }

    private func stored(_ name: String) -> String {
        prefix.isEmpty ? name : prefix + name.prefix(1).uppercased() + name.dropFirst()
    }
}

/// What is stored as a number.
protocol EvidenceNumber {
    init?(number: Double)
    var number: Double { get }
}

extension Double: EvidenceNumber {
    init(number: Double) { self = number }
    var number: Double { self }
}

extension Bool: EvidenceNumber {
    init(number: Double) { self = number == 1 }
    var number: Double { self ? 1 : 0 }
}

/// A count, which no sum of a few lets overflow.
extension Int: EvidenceNumber {
    init?(number: Double) {
        guard (0...0x1p53).contains(number), let count = Int(exactly: number) else { return nil }
        self = count
    }
    var number: Double { Double(self) }
}

/// A time in milliseconds, stored in seconds.
extension Int64: EvidenceNumber {
    init?(number: Double) {
        guard (0...0x1p43).contains(number) else { return nil }
        self = Int64((number * 1000).rounded())
    }
    var number: Double { Double(self) / 1000 }
}

/// Stored in milliseconds. Buckets stand for whole nanoseconds, so a time comes back exactly.
extension Duration: EvidenceNumber {
    init?(number: Double) {
        guard number.magnitude < 0x1p43 else { return nil }
        self = .nanoseconds(Int64((number * 1e6).rounded()))
    }
    var number: Double { self / .milliseconds(1) }
}
