"""`docs-qa flow`."""

import click


@click.command()
def command() -> None:
    """Run the ingestion flow once, and fail when one of its checks does.

    The same step that Dagster's sensor and schedule start (make flow), for cron or CI.
    """
    import dagster as dg

    from docs_qa.flows.ingestion import definitions

    flow = definitions.resolve_implicit_global_asset_job_def()
    result = flow.execute_in_process(raise_on_error=False)
    if not result.success:
        raise click.ClickException("the flow failed; the log above says why")
    failed = []
    for check in result.get_asset_check_evaluations():
        found = ", ".join(f"{name}: {entry.value}" for name, entry in check.metadata.items())
        click.echo(f"{check.check_name}: {'passed' if check.passed else 'failed'} ({found})")
        if not check.passed and check.severity is dg.AssetCheckSeverity.ERROR:
            failed.append(check.check_name)
    if failed:
        raise click.ClickException(f"failed: {', '.join(failed)}")
