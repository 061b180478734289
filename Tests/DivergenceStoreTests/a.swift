import Testing
@Test func nothingDivergenceStore() {}
