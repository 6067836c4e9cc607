# Build: docker build -t sessions-gateway .    Try: docker run --rm -p 8080:8080 sessions-gateway serve --demo
FROM swift:6.3-bookworm AS build
WORKDIR /build
COPY scripts/install-packages scripts/
RUN scripts/install-packages
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
# The Swift runtime goes into the executable (Package.swift), debugging symbols stay behind.
RUN swift build -c release --product sessions-gateway -Xlinker -s \
  && install -D "$(swift build -c release --show-bin-path)/sessions-gateway" /out/sessions-gateway

FROM debian:bookworm-slim
# What the executable links beside what the base has (libc, libstdc++, zlib), and the authorities that it trusts. Debian
# drops a version from its mirrors when it mends it: a build that fails here wants the successor's number, which
# `apt-cache policy` tells, or for once: --build-arg PACKAGES="ca-certificates libnghttp2-14 libssl3".
ARG PACKAGES="ca-certificates=20250419~deb12u2 libnghttp2-14=1.52.0-1+deb12u3 libssl3=3.0.22-1~deb12u2"
RUN apt-get update -qq \
  && apt-get install -y -qq --no-install-recommends $PACKAGES \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/lib/dpkg/*-old /var/log/apt /var/log/dpkg.log
COPY --from=build /out/sessions-gateway /usr/local/bin/sessions-gateway
ENV GATEWAY_HOST=0.0.0.0
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["sessions-gateway", "healthcheck"]
ENTRYPOINT ["sessions-gateway"]
CMD ["serve"]
