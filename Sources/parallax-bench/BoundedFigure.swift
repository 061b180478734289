/// One measured figure next to the bound that it is to keep.
struct BoundedFigure: Equatable, Sendable {
    /// What a figure must not pass.
    enum Bound: Equatable, Sendable {
        case atLeast(Double)
        case atMost(Double)
    }

    /// What was measured, in a few words.
    let name: String
    let value: Double
    /// How the value is written: its unit, and how many decimals it deserves.
    let unit: String
    let decimals: Int
    /// `nil` for a figure that only helps to read the others.
    let bound: Bound?

    init(_ name: String, _ value: Double, _ unit: String = "", decimals: Int = 2, bound: Bound? = nil) {
        self.name = name
        self.value = value
        self.unit = unit
        self.decimals = decimals
        self.bound = bound
    }

    /// Whether the bound is kept; `nil` if there is none. What is not a number keeps none.
    var isKept: Bool? {
        switch bound {
        case .atLeast(let least): value >= least
        case .atMost(let most): value <= most
        case nil: nil
        }
    }
}

extension BoundedFigure: Encodable {
    private enum Key: String, CodingKey {
        case name, value, unit, atLeast, atMost, isKept
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        // JSON knows no number for what could not be measured.
        try container.encodeIfPresent(value.isFinite ? value : nil, forKey: .value)
        try container.encode(unit, forKey: .unit)
        switch bound {
        case .atLeast(let least): try container.encode(least, forKey: .atLeast)
        case .atMost(let most): try container.encode(most, forKey: .atMost)
        case nil: break
        }
        try container.encodeIfPresent(isKept, forKey: .isKept)
    }
}
