import { getTypeScriptWorker } from "monaco-editor/languages/features/typescript/register.js";
import { monaco } from "../monaco";
import { nameInWorld } from "./typescript-place";

type Found = {
  fileName: string;
  textSpan: { start: number; length: number };
  prefixText?: string;
  suffixText?: string;
};
type Info = { canRename: boolean; localizedErrorMessage?: string };
type Renamer = {
  getRenameInfo(file: string, offset: number, options: object): Promise<Info>;
  findRenameLocations(
    file: string,
    offset: number,
    inStrings: boolean,
    inComments: boolean,
    keepNames: boolean,
  ): Promise<readonly Found[] | undefined>;
};

let registered = false;

/** Renames within the open text. What is imported gets another name here (`a as b`); what other scripts
 * depend on is not renamed behind their backs. */
export function registerRename(): void {
  if (registered) return;
  registered = true;
  monaco.languages.registerRenameProvider("typescript", {
    async provideRenameEdits(model, position, newName) {
      const file = model.uri.toString();
      const offset = model.getOffsetAt(position);
      const worker = (await (await getTypeScriptWorker())(model.uri)) as unknown as Renamer;
      const info = await worker.getRenameInfo(file, offset, { allowRenameOfImportPath: false });
      if (!info.canRename)
        return { edits: [], rejectReason: info.localizedErrorMessage ?? "No name stands here" };
      const found = (await worker.findRenameLocations(file, offset, false, false, true)) ?? [];
      const elsewhere = found.find((one) => one.fileName !== file);
      if (elsewhere) {
        return {
          edits: [],
          rejectReason: `It belongs to ${nameInWorld(elsewhere.fileName)} and is renamed there`,
        };
      }
      return {
        edits: found.map(({ textSpan, prefixText = "", suffixText = "" }) => ({
          resource: model.uri,
          versionId: model.getVersionId(),
          textEdit: {
            range: monaco.Range.fromPositions(
              model.getPositionAt(textSpan.start),
              model.getPositionAt(textSpan.start + textSpan.length),
            ),
            text: prefixText + newName + suffixText,
          },
        })),
      };
    },
  });
}
