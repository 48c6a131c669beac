# The command as one static binary: docker build -t hb-bls . && docker run --rm hb-bls --help
FROM rust:1.95-alpine AS build
# a C compiler for SQLite and for the cryptography of TLS
RUN apk add --no-cache build-base cmake
WORKDIR /src
COPY . .
RUN cargo build --release --locked -p hb-bls-cli

FROM scratch
COPY --from=build /src/target/release/hb-bls /hb-bls
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
USER 65534
# for containers that run the sandbox on its default port; others are started with --no-healthcheck
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s CMD ["/hb-bls", "sandbox", "ready"]
ENTRYPOINT ["/hb-bls"]
