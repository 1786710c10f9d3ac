IMAGE ?= fraud-scoring:local
# Further options of `docker build`, for example --network=host
IMAGE_BUILD_ARGS ?=
IMAGE_REVISION = $(shell git rev-parse --quiet --verify HEAD || echo unknown)

# What the image takes along besides the code: deploy/docker/contents.list
IMAGE_CONTENTS := $(shell sed -n '/^[[:alnum:]._-]/p' deploy/docker/contents.list)

## image: build the container image with everything it needs in it (IMAGE=name:tag)
.PHONY: image
image: $(READY) $(IMAGE_CONTENTS)
	DOCKER_BUILDKIT=1 docker build $(IMAGE_BUILD_ARGS) $(if $(UV_INDEX),--build-arg UV_INDEX) --build-arg REVISION=$(IMAGE_REVISION) --file Dockerfile --tag $(IMAGE) .

## image-run: start the image on port 8000 as compose restricts it; settings from .env
.PHONY: image-run
image-run: $(READY)
	$(BIN)/fraud-scoring image run --image $(IMAGE)

## image-test: build and start the image, check its hardening, a request and a clean stop
.PHONY: image-test
image-test: image
	IMAGE=$(IMAGE) $(BIN)/pytest $(wildcard tests/integration/test_*_image.py)

evidence:: $(READY) $(IMAGE_CONTENTS)
	$(BIN)/fraud-scoring image measure
