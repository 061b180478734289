import Testing
@Test func nothingReplay() {}
