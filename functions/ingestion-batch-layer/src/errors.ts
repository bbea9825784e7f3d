/** Lambda reports an error by its name: each name below is one kind of outcome that a person can act on. */
class NamedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The event asks for what is no hour of the archive. Asking again does not help. */
export class InvalidHourError extends NamedError {}

/** The archive answers 404: the hour is not published yet, or never was. */
export class HourMissingError extends NamedError {}

/** What the archive served is not one whole, non-empty gzip file. */
export class BadArchiveError extends NamedError {}

/** The archive did not answer in time, answered with an error of its own, or broke off. */
export class ArchiveUnavailableError extends NamedError {}

/** S3 is completing another write of the same key at this moment. */
export class LandingConflictError extends NamedError {}
