# The server and its command-line client. Targets: cpu (default) and cuda.
#
#     docker build --target cpu --tag laser-serve:0.1.0 --build-arg REVISION=$(git rev-parse HEAD) .
#
# Bases are pinned by tag. To pin what a tag means today, give its digest, which `docker buildx imagetools inspect NAME` tells:
# --build-arg RUNTIME=mcr.microsoft.com/dotnet/aspnet:10.0.12-noble-chiseled@sha256:...
ARG SDK=mcr.microsoft.com/dotnet/sdk:10.0.401-noble
ARG RUNTIME=mcr.microsoft.com/dotnet/aspnet:10.0.12-noble-chiseled
ARG CUDA_RUNTIME=nvidia/cuda:12.9.1-runtime-ubuntu24.04

# What a restore depends on, alone: packages are fetched anew when this changes, not with every change of a source.
FROM ${SDK} AS projects
WORKDIR /source
COPY . .
RUN find . -type f ! -name '*.csproj' ! -name packages.lock.json ! -name 'Directory.*' ! -name global.json -delete

FROM ${SDK} AS build
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /source
COPY --from=projects /source .
RUN dotnet restore --locked-mode src/Laser.Cli
COPY . .
ARG VERSION=0.1.0
# The client refers to the server, so this publishes both. Symbols stay, for readable stack traces; texts for editors do not.
RUN dotnet publish --no-restore --configuration Release --output /app -p:Version=${VERSION} \
    -p:PublishDocumentationFile=false -p:PublishReferencesDocumentationFiles=false src/Laser.Cli

# Without a shell and a package manager; user and group 1654 are there.
FROM ${RUNTIME} AS cpu
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Laser.Serve" \
      org.opencontainers.image.description="A gRPC server for language models with LASER attention" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /app /app
# Ports for everyone in the container's network; health without TLS and keys for probes. Without diagnostics nothing is written.
ENV Laser__Grpc__Address=0.0.0.0 \
    Laser__Http__Address=0.0.0.0 \
    Laser__Health__Port=50052 \
    DOTNET_EnableDiagnostics=0
USER 1654:1654
WORKDIR /app
EXPOSE 50051 8080 50052
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["/app/laser", "health", "--address", "http://127.0.0.1:50052"]
ENTRYPOINT ["/app/Laser.Serve"]

FROM ${SDK} AS sdk

# cuBLAS and NVRTC are in the base; .NET comes from the image that the server was built in.
FROM ${CUDA_RUNTIME} AS cuda
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Laser.Serve for CUDA" \
      org.opencontainers.image.description="A gRPC server for language models with LASER attention" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates openssl \
    && rm -rf /var/lib/apt/lists/*
COPY --from=sdk /usr/share/dotnet/host /usr/share/dotnet/host
COPY --from=sdk /usr/share/dotnet/shared /usr/share/dotnet/shared
COPY --from=build /app /app
ENV Laser__Grpc__Address=0.0.0.0 \
    Laser__Http__Address=0.0.0.0 \
    Laser__Health__Port=50052 \
    DOTNET_EnableDiagnostics=0
USER 1654:1654
WORKDIR /app
EXPOSE 50051 8080 50052
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["/app/laser", "health", "--address", "http://127.0.0.1:50052"]
ENTRYPOINT ["/app/Laser.Serve"]

# Last, so that it is what a build without --target makes.
FROM cpu
