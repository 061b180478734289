enum NothingReplay {}
