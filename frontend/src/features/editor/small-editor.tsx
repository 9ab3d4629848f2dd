import CodeEditor from "./code-editor";

type SmallEditorProps = {
  value: string;
  language: string;
  onValue: (value: string) => void;
  label: string;
  readOnly?: boolean;
};

/** A code field of a form. */
export default function SmallEditor(props: SmallEditorProps) {
  return (
    <div className="h-36 overflow-hidden rounded-md border border-line-strong/80 shadow-card focus-within:border-accent">
      <CodeEditor {...props} small />
    </div>
  );
}
