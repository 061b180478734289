import Testing
@Test func nothingRedisLimiting() {}
