@testable import FeatureFlags
import Foundation
import ParallaxCore
import Testing

@testable import ParallaxService

@Suite struct FlagFenceTests {
    private func claim(_ number: Int64, by holder: String = "a") -> RollbackFence {
        RollbackFence(
            number: number, holder: holder, process: holder, time: Timestamp(milliseconds: number),
            latch: RollbackLatch())
    }

    @Test("a number is claimed by one of many who try at once")
    func exclusive() async throws {
        try await FlagFolder.with { folder in
            let fence = CoordinationFolder(beside: folder.path).claims
            for number in 1...20 as ClosedRange<Int64> {
                let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for instance in 0..<8 {
                        group.addTask { try fence.claim(claim(number, by: "\(instance)")) }
                    }
                    return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
                #expect(winners == 1)
                #expect(try fence.newest()?.number == number)
            }
        }
    }

    @Test("a claim is read back as it was made, and none is there before the first")
    func roundTrip() async throws {
        try await FlagFolder.with { folder in
            let fence = CoordinationFolder(beside: folder.path).claims
            let before = try fence.newest()
            #expect(before == nil)
            #expect(try fence.claim(claim(3)))
            #expect(try fence.newest() == claim(3))
            #expect(try folder.others() == [], "only our own folder is next to the flag file")
        }
    }

    @Test("old claims go, and a number from before cannot be claimed once more")
    func bounded() async throws {
        try await FlagFolder.with { folder in
            let fence = CoordinationFolder(beside: folder.path).claims
            for number in 1...200 as ClosedRange<Int64> { #expect(try fence.claim(claim(number))) }
            let names = try CoordinationFolder(beside: folder.path).names().filter { $0.hasPrefix("claim.") }
            #expect(names.count == ClaimFiles.keptClaims + 1)
            #expect(try !fence.claim(claim(5)))
            #expect(try fence.newest()?.number == 200)
        }
    }

    @Test("a claim that cannot be read counts with its number, and is not a lease")
    func unreadable() async throws {
        try await FlagFolder.with { folder in
            let fence = CoordinationFolder(beside: folder.path).claims
            #expect(try fence.claim(claim(1)))
            let side = CoordinationFolder(beside: folder.path)
            try Data("garbage".utf8).write(to: URL(filePath: "\(side.path)/claim.2"))
            try Data("{}".utf8).write(to: URL(filePath: "\(side.path)/claim.x"))
            let newest = try #require(try fence.newest())
            #expect(newest.number == 2)
            #expect(newest.pending == nil)
            #expect(try !fence.claim(claim(2)))
            #expect(try fence.claim(claim(3)))
        }
    }
}
