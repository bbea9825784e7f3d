// Lambda reports an error by its name: each is one outcome that a person can act on. The names are written out,
// because the bundle's classes have short ones.

/** The event asks for what is no hour of the archive. Asking again does not help. */
export class InvalidHourError extends Error {
  override readonly name = "InvalidHourError";
}

/** The archive answers 404: the hour is not published yet, or never was. */
export class HourMissingError extends Error {
  override readonly name = "HourMissingError";
}

/** What the archive served is not one whole, non-empty gzip file. */
export class BadArchiveError extends Error {
  override readonly name = "BadArchiveError";
}

/** The archive did not answer in time, answered with an error of its own, or broke off. */
export class ArchiveUnavailableError extends Error {
  override readonly name = "ArchiveUnavailableError";
}

/** S3 is completing another write of the same key at this moment. */
export class LandingConflictError extends Error {
  override readonly name = "LandingConflictError";
}

/** A message that was not begun, because too little time was left. */
export class NotBegunError extends Error {
  override readonly name = "NotBegunError";
}
