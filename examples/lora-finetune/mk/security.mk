SBOM := sbom.cdx.json

# To accept a finding: --ignore ID, with the reason and the date in a comment here.
AUDIT_OPTIONS =

## audit: look up known vulnerabilities of the versions in uv.lock (needs the network)
.PHONY: audit
audit: $(READY)
	$(UV) audit --locked --preview-features audit-command $(AUDIT_OPTIONS)

## sbom: write what a deployment contains to sbom.cdx.json (CycloneDX)
.PHONY: sbom
sbom: $(READY)
	$(UV) export --quiet --locked --no-default-groups --preview-features sbom-export \
	  --format cyclonedx1.5 --output-file $(SBOM)

clean::
	rm -f $(SBOM)
