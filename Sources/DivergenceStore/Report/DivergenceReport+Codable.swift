import ParallaxCore

/// The JSON form: a documented interface, with a version. Times are milliseconds since the Unix epoch.
extension DivergenceReport: Codable {
    private enum CodingKeys: String, CodingKey {
        case version, from, to, instances, compared, agreed, diverged, incomparable, heldOut, dropped, control,
            candidate, kinds, causes, causesByKind, storedOneByOne, onlyCounted, rowsDropped, mostAffected,
            mostAffectedOrganizations,
            controlWhereIncomparable, timeline, timelineStepMilliseconds, newlyLimited,
            newlyAllowed, summary, causeTimes, volume, durations, noise, reported, coverage, events, previous, changes,
            shares,
            open,
            settlements, gate
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let version = try values.decode(Int.self, forKey: .version)
        guard version == Self.version else {
            throw DecodingError.dataCorruptedError(
                forKey: .version, in: values,
                debugDescription: "the report has version \(version); this program reads version \(Self.version)")
        }
        from = try values.decodeIfPresent(Timestamp.self, forKey: .from)
        to = try values.decodeIfPresent(Timestamp.self, forKey: .to)
        instances = try values.decode([String].self, forKey: .instances)
        compared = try values.decode(Int.self, forKey: .compared)
        agreed = try values.decode(Int.self, forKey: .agreed)
        diverged = try values.decode(Int.self, forKey: .diverged)
        incomparable = try values.decode([String: Int].self, forKey: .incomparable)
        // Reports of before there was a hold-out lack it.
        heldOut = try values.decodeIfPresent(Int.self, forKey: .heldOut) ?? 0
        dropped = try values.decode([String: Int].self, forKey: .dropped)
        control = try values.decode(Verdicts.self, forKey: .control)
        candidate = try values.decode(Verdicts.self, forKey: .candidate)
        kinds = try values.decode([String: Int].self, forKey: .kinds)
        causes = try values.decode([String: Int].self, forKey: .causes)
        causesByKind = try values.decode([String: [String: Int]].self, forKey: .causesByKind)
        storedOneByOne = try values.decode(Int.self, forKey: .storedOneByOne)
        onlyCounted = try values.decode(Int.self, forKey: .onlyCounted)
        rowsDropped = try values.decode([String: Int].self, forKey: .rowsDropped)
        mostAffected = try values.decode([AffectedIdentity].self, forKey: .mostAffected)
        mostAffectedOrganizations = try values.decode([AffectedOrganization].self, forKey: .mostAffectedOrganizations)
        controlWhereIncomparable = try values.decode(Verdicts.self, forKey: .controlWhereIncomparable)
        timeline = try values.decode([Step].self, forKey: .timeline)
        timelineStepMilliseconds = try values.decode(Int64.self, forKey: .timelineStepMilliseconds)
        newlyLimited = try values.decode(AffectedParties.self, forKey: .newlyLimited)
        newlyAllowed = try values.decode(AffectedParties.self, forKey: .newlyAllowed)
        // Reports of earlier versions lack the next ones.
        causeTimes = try values.decodeIfPresent([String: CauseTimes].self, forKey: .causeTimes) ?? [:]
        events = try values.decodeIfPresent([ReportEvent].self, forKey: .events) ?? []
        durations = try values.decodeIfPresent(ReportDurations.self, forKey: .durations)
        volume = try values.decode(ReportVolume.self, forKey: .volume)
        noise = try values.decodeIfPresent(NoiseFloor.self, forKey: .noise)
        reported = try values.decodeIfPresent(ReportedCounts.self, forKey: .reported)
        coverage = try values.decode(ReportCoverage.self, forKey: .coverage)
        previous = try values.decodeIfPresent(ReportPeriod.self, forKey: .previous)
        open = try values.decode(OpenDivergences.self, forKey: .open)
        settlements = try values.decode([SettlementStatus].self, forKey: .settlements)
        gate = try values.decodeIfPresent(Gate.self, forKey: .gate)
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(Self.version, forKey: .version)
        // Explicit nulls: a reader finds every key in every report.
        try values.encode(summary, forKey: .summary)
        try values.encode(from, forKey: .from)
        try values.encode(to, forKey: .to)
        try values.encode(instances, forKey: .instances)
        try values.encode(compared, forKey: .compared)
        try values.encode(agreed, forKey: .agreed)
        try values.encode(diverged, forKey: .diverged)
        try values.encode(incomparable, forKey: .incomparable)
        try values.encode(heldOut, forKey: .heldOut)
        try values.encode(dropped, forKey: .dropped)
        try values.encode(control, forKey: .control)
        try values.encode(candidate, forKey: .candidate)
        try values.encode(kinds, forKey: .kinds)
        try values.encode(causes, forKey: .causes)
        try values.encode(causesByKind, forKey: .causesByKind)
        try values.encode(storedOneByOne, forKey: .storedOneByOne)
        try values.encode(onlyCounted, forKey: .onlyCounted)
        try values.encode(rowsDropped, forKey: .rowsDropped)
        try values.encode(mostAffected, forKey: .mostAffected)
        try values.encode(mostAffectedOrganizations, forKey: .mostAffectedOrganizations)
        try values.encode(controlWhereIncomparable, forKey: .controlWhereIncomparable)
        try values.encode(timeline, forKey: .timeline)
        try values.encode(timelineStepMilliseconds, forKey: .timelineStepMilliseconds)
        try values.encode(newlyLimited, forKey: .newlyLimited)
        try values.encode(newlyAllowed, forKey: .newlyAllowed)
        try values.encode(causeTimes, forKey: .causeTimes)
        try values.encode(volume, forKey: .volume)
        try values.encode(durations, forKey: .durations)
        try values.encode(noise, forKey: .noise)
        try values.encode(reported, forKey: .reported)
        try values.encode(coverage, forKey: .coverage)
        try values.encode(events, forKey: .events)
        try values.encode(previous, forKey: .previous)
        try values.encode(changes, forKey: .changes)
        try values.encode(shares, forKey: .shares)
        try values.encode(open, forKey: .open)
        try values.encode(settlements, forKey: .settlements)
        try values.encode(gate, forKey: .gate)
    }
}
