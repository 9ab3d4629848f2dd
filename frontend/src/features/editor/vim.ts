import { initVimMode } from "monaco-vim";
import { monaco } from "./monaco";

type VimHost = Parameters<typeof initVimMode>[0];

/** Vim's keys in an editor, its mode and commands in the status line; `:w` saves. Ends with the returned function. */
export function startVim(
  editor: monaco.editor.IStandaloneCodeEditor,
  status: HTMLElement,
  onSave: () => void,
): () => void {
  const option = monaco.editor.EditorOption;
  // The package asks for options by numbers of an older Monaco unless the editor answers these itself.
  Object.assign(editor, {
    getConfiguration: () => ({
      readOnly: editor.getOption(option.readOnly),
      viewInfo: { cursorWidth: editor.getOption(option.cursorWidth) },
      fontInfo: editor.getOption(option.fontInfo),
    }),
    getRawConfiguration: () => editor.getRawOptions(),
  });
  const mode = initVimMode(editor as unknown as VimHost, status);
  Object.assign(mode, { save: onSave });
  return () => mode.dispose();
}
