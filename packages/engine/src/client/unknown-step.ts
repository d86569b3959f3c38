/** A run has neither a recorded step nor a child of this name. */
export class UnknownStep extends Error {
  override name = "UnknownStep";
  readonly step: string;

  constructor(runId: string, step: string) {
    super(`the run ${runId} has no step "${step}"`);
    this.step = step;
  }
}
