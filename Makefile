.PHONY: run test test-peers check format soak day image
packages = @scripts/install-packages

run: ; @scripts/run $(ARGS)
test: ; $(packages) && swift test --disable-xctest --skip PeerTests
test-peers: ; $(packages) peers && PEER_TESTS=1 swift test --disable-xctest --filter PeerTests
check: ; $(packages) && scripts/check-layout && swift format lint --strict -r -p Sources Tests Package.swift && swift build --build-tests --explicit-target-dependency-import-check error
format: ; @swift format format -i -r -p Sources Tests Package.swift
soak: ; $(packages) && TRAVERSAL_SEEDS=$${TRAVERSAL_SEEDS:-0-3000} swift test --filter SessionsTests
day: ; $(packages) && swift build --configuration release --product sessions-gateway && scripts/day
image: ; @docker build --tag sessions-gateway .
