CLOUD_STACK ?= payments-loop
CLOUD_TEMPLATE := deploy/aws/stack.yaml
CLOUD_OVERLAY := deploy/kubernetes/overlays/prod-aws
# The tag of an image: this commit
CLOUD_TAG = $(shell git rev-parse --short=12 HEAD)
# Values for the stack's parameters; what is not given keeps the value that it has.
CLOUD_PARAMETERS = $(strip $(if $(API_CIDR),ApiCidr=$(API_CIDR)) $(if $(BUDGET_EMAIL),BudgetEmail=$(BUDGET_EMAIL)) \
  $(if $(MONTHLY_BUDGET),MonthlyBudget=$(MONTHLY_BUDGET)))
CLOUD_DEPLOY = aws cloudformation deploy --stack-name $(CLOUD_STACK) --template-file $(CLOUD_TEMPLATE) \
  --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset --tags project=payments-loop \
  $(if $(CLOUD_PARAMETERS),--parameter-overrides $(CLOUD_PARAMETERS))
CLOUD_OUTPUT = aws cloudformation describe-stacks --stack-name $(CLOUD_STACK) --output text --query

check:: $(READY)
	@if [ -x $(BIN)/cfn-lint ]; then $(BIN)/cfn-lint $(CLOUD_TEMPLATE); \
	else echo "$(CLOUD_TEMPLATE) is not linted: cfn-lint is not installed (make cloud-setup)"; fi

## cloud-setup: install what checks deploy/aws without an account (cfn-lint, moto)
.PHONY: cloud-setup
cloud-setup: $(READY)
	$(UV) sync $(SYNC_OPTIONS) --group cloud

# Says which account and region the targets below work on, or what is missing.
.PHONY: cloud-account
cloud-account:
	@command -v aws >/dev/null || { \
	  echo "The AWS command line is not installed: https://docs.aws.amazon.com/cli/" >&2; exit 1; }
	@test -n "$${AWS_REGION:-$${AWS_DEFAULT_REGION:-$$(aws configure get region)}}" || { \
	  echo "No region is chosen: export AWS_REGION=eu-west-1, or aws configure" >&2; exit 1; }
	@account=$$(aws sts get-caller-identity --query Account --output text) || { \
	  echo "AWS does not accept these credentials, or there are none: aws login, aws configure, or AWS_PROFILE" >&2; exit 1; }; \
	echo "account $$account, stack $(CLOUD_STACK)"

## cloud-plan: show what cloud-up would change on AWS (API_CIDR=your address/32), and change nothing
.PHONY: cloud-plan
cloud-plan: cloud-account
	@$(CLOUD_DEPLOY) --no-execute-changeset
	@change=$$(aws cloudformation list-change-sets --stack-name $(CLOUD_STACK) --output text \
	  --query 'sort_by(Summaries, &CreationTime)[-1].ChangeSetId'); \
	if [ "$$change" != None ]; then \
	  aws cloudformation describe-change-set --change-set-name "$$change" --output table \
	    --query 'Changes[].ResourceChange.[Action,LogicalResourceId,ResourceType,Replacement]'; \
	  aws cloudformation delete-change-set --change-set-name "$$change"; \
	fi

## cloud-up: create or change the stack on AWS, which costs money: docs/deploy-aws.md
.PHONY: cloud-up
cloud-up: cloud-account
	$(CLOUD_DEPLOY)
	@$(CLOUD_OUTPUT) 'Stacks[0].Outputs[].[OutputKey,OutputValue]'

## cloud-push: build the image of this commit, push it to ECR and name it in the overlay prod-aws
.PHONY: cloud-push
# Nodes of the general-purpose pool are amd64, whatever this machine is.
cloud-push: IMAGE_BUILD_ARGS += --platform linux/amd64
cloud-push: cloud-account cloud-committed image
	@set -e; name=$$($(CLOUD_OUTPUT) "Stacks[0].Outputs[?OutputKey=='RepositoryUri'].OutputValue"); \
	aws ecr get-login-password | docker login --username AWS --password-stdin "$${name%%/*}"; \
	docker tag $(IMAGE) "$$name:$(CLOUD_TAG)"; \
	docker push "$$name:$(CLOUD_TAG)"; \
	digest=$$(aws ecr describe-images --repository-name "$${name#*/}" --image-ids imageTag=$(CLOUD_TAG) \
	  --query 'imageDetails[0].imageDigest' --output text); \
	sed -e "s|newName: .*|newName: $$name|" -e "s|digest: .*|digest: $$digest|" \
	  $(CLOUD_OVERLAY)/kustomization.yaml > $(CLOUD_OVERLAY)/.pushed; \
	mv $(CLOUD_OVERLAY)/.pushed $(CLOUD_OVERLAY)/kustomization.yaml; \
	echo "kubectl apply -k $(CLOUD_OVERLAY)   # $$name@$$digest"

# A tag cannot be pushed twice, so it must say what is in the image. The overlay is not in it.
.PHONY: cloud-committed
cloud-committed:
	@test -z "$$(git status --porcelain -- . ':!$(CLOUD_OVERLAY)')" || { \
	  echo "The image is named after the commit: commit what is changed first." >&2; exit 1; }

## cloud-down: ask, then delete the stack with cluster and images (the bucket stays; CONFIRM=stack answers)
.PHONY: cloud-down
cloud-down: cloud-account
	@echo "This deletes the cluster and all images of the stack $(CLOUD_STACK). The bucket and its data stay."; \
	echo "Load balancers and volumes that Kubernetes made are not in the stack: delete them first (docs/deploy-aws.md)."; \
	answer="$(CONFIRM)"; \
	if [ -z "$$answer" ]; then printf 'Type %s to go on: ' "$(CLOUD_STACK)"; read -r answer || true; fi; \
	if [ "$$answer" != "$(CLOUD_STACK)" ]; then echo "Nothing was deleted." >&2; exit 1; fi; \
	aws cloudformation delete-stack --stack-name $(CLOUD_STACK) && \
	aws cloudformation wait stack-delete-complete --stack-name $(CLOUD_STACK)
