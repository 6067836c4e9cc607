.PHONY: run test test-peers faults check format soak day load bench compare plots fuzz image
packages = @scripts/install-packages

run: ; @scripts/run $(ARGS)
test: ; $(packages) && swift test --disable-xctest --skip PeerTests
test-peers: ; $(packages) peers && scripts/install-peer-tools && PEER_TESTS=1 swift test --disable-xctest --filter PeerTests
faults: ; $(packages) && swift test --disable-xctest --filter FaultMatrixTests
check: ; $(packages) && scripts/check-layout && swift format lint --strict -r -p Sources Tests Package.swift && swift build --build-tests --explicit-target-dependency-import-check error
format: ; @swift format format -i -r -p Sources Tests Package.swift
soak: ; $(packages) && scripts/soak
day: ; $(packages) && swift build --configuration release --product sessions-gateway && scripts/day
load: ; @Tests/Load/run $(ARGS)
bench: ; @Tests/Benchmarks/run $(ARGS)
compare: ; @Tests/Benchmarks/compare
plots: ; @Tests/Benchmarks/plot $(RESULTS)
fuzz: ; $(packages) && scripts/fuzz $(TARGETS)
image: ; @docker build --tag sessions-gateway .
