/// One counter for each case of an enumeration, made once and never changed.
struct CounterTable<Label: CaseIterable & Hashable & RawRepresentable<String> & Sendable>: Sendable {
    private let counters: [Label: Counter]

    init() {
        counters = Dictionary(uniqueKeysWithValues: Label.allCases.map { ($0, Counter()) })
    }

    func add(_ label: Label) {
        counters[label]!.add()
    }

    /// The counts in the order of the cases.
    var counts: [(label: String, count: Int)] {
        Label.allCases.map { ($0.rawValue, counters[$0]!.value) }
    }
}
