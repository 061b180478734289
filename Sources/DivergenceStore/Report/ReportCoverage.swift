package import ParallaxCore

/// What a report's figures stand on in time: which minutes hold records, and which instances were up.
package struct ReportCoverage: Codable, Equatable, Sendable {
    /// Minutes in a row without any record.
    package struct Gap: Codable, Equatable, Sendable {
        package var from: Timestamp
        /// The start of the next minute that holds a record.
        package var to: Timestamp

        package init(from: Timestamp, to: Timestamp) {
            self.from = from
            self.to = to
        }
    }

    /// Every process that recorded under one name.
    package struct Instance: Codable, Equatable, Sendable {
        package var name: String
        package var starts: Int
        /// From the first start to the last flush.
        package var from: Timestamp
        package var to: Timestamp
        /// Between the last flush of one process and the start of the next.
        package var downMilliseconds: Int64

        package init(name: String, starts: Int, from: Timestamp, to: Timestamp, downMilliseconds: Int64) {
            self.name = name
            self.starts = starts
            self.from = from
            self.to = to
            self.downMilliseconds = downMilliseconds
        }
    }

    /// The most gaps that are listed.
    package static let maximumGaps = 20

    /// Minutes from the first to the last that hold anything, both included.
    package var minutes = 0
    package var recordedMinutes = 0
    /// Minutes in between without any record, while an instance was up: no traffic, or a strategy that does not compare.
    package var idleMinutes = 0
    /// Those in which no instance was up.
    package var gapMinutes = 0
    /// The longest stretches without any record, in the order of time.
    package var gaps: [Gap] = []
    package var instances: [Instance] = []

    package init() {}
}
