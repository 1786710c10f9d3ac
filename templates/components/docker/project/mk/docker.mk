IMAGE ?= my-project:local
# Further options of `docker build`, for example --network=host
IMAGE_BUILD_ARGS ?=
IMAGE_REVISION = $(shell git rev-parse --quiet --verify HEAD || echo unknown)

## image: build the container image with the champion in models/ (IMAGE=name:tag)
.PHONY: image
image: $(READY) models/aliases.json
	DOCKER_BUILDKIT=1 docker build $(IMAGE_BUILD_ARGS) --build-arg REVISION=$(IMAGE_REVISION) --tag $(IMAGE) .

## image-run: start the image on port 8000 as production restricts it; settings from .env
.PHONY: image-run
image-run:
	docker run --rm --publish 127.0.0.1:8000:8000 \
	  --read-only --tmpfs /tmp:rw,noexec,nosuid,nodev,size=16m --cap-drop=ALL \
	  --security-opt=no-new-privileges:true --pids-limit=128 --memory=512m --cpus=1 \
	  $(if $(wildcard .env),--env-file .env,--env APP_ENVIRONMENT=development) \
	  --env APP_HOST=0.0.0.0 --env APP_PORT=8000 $(IMAGE)

## image-test: build and start the image, check its hardening, a prediction and a clean stop
.PHONY: image-test
image-test: image
	IMAGE=$(IMAGE) $(BIN)/pytest tests/integration/test_docker_image.py

evidence:: models/aliases.json
	$(BIN)/my-project image
