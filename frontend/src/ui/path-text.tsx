import { Fragment } from "react";

/** A path that, where it is too long for a line, goes on in the next one behind a slash. */
export function PathText({ path }: { path: string }) {
  return path.split("/").map((part, at) => (
    <Fragment key={at}>
      {at > 0 && (
        <>
          /<wbr />
        </>
      )}
      {part}
    </Fragment>
  ));
}
