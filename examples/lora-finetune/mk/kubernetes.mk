K8S := deploy/kubernetes
K8S_OVERLAY ?= local
KIND_CLUSTER ?= text2json
KUBECTL_LOCAL = kubectl --context kind-$(KIND_CLUSTER) --namespace text2json

## k8s-render: print the manifests of an overlay (K8S_OVERLAY=local, prod, prod-keda, ...)
.PHONY: k8s-render
k8s-render:
	@kubectl kustomize $(K8S)/overlays/$(K8S_OVERLAY)

## k8s-validate: check the manifests against the schemas of Kubernetes and this project's rules
.PHONY: k8s-validate
k8s-validate: $(READY)
	$(BIN)/pytest tests/unit/test_kubernetes_files.py tests/integration/test_kubernetes_overlays.py

## k8s-local: build the image and deploy it on a kind cluster (made if there is none)
.PHONY: k8s-local
k8s-local: image
	kind get clusters | grep -qx $(KIND_CLUSTER) || kind create cluster --name $(KIND_CLUSTER) --wait 120s
	kind load docker-image --name $(KIND_CLUSTER) $(IMAGE)
	kubectl --context kind-$(KIND_CLUSTER) apply -f $(K8S)/base/namespace.yaml
	@$(KUBECTL_LOCAL) get secret text2json-api-keys >/dev/null 2>&1 || \
	  $(KUBECTL_LOCAL) create secret generic text2json-api-keys \
	    --from-literal=api-keys="$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(32))')"
	kubectl --context kind-$(KIND_CLUSTER) apply -k $(K8S)/overlays/local
	# The tag stays `local`, so only a restart makes the pods use the image that was just loaded.
	$(KUBECTL_LOCAL) rollout restart deployment/text2json
	$(KUBECTL_LOCAL) rollout status deployment/text2json --timeout=180s

## k8s-smoke: ask the service on the kind cluster without its key, then all examples with it
.PHONY: k8s-smoke
k8s-smoke: $(READY)
	$(K8S)/smoke.sh kind-$(KIND_CLUSTER)

## k8s-delete: delete the kind cluster
.PHONY: k8s-delete
k8s-delete:
	kind delete cluster --name $(KIND_CLUSTER)
