import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from "react";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { MenuItem } from "./menu";

type Question = {
  title: string;
  body?: ReactNode;
  /** What is done when the person agrees. */
  action: string;
  /** What the other button says, where "Cancel" does not. */
  otherwise?: string;
  danger?: boolean;
};
type Ask = (question: Question) => Promise<boolean>;

const ConfirmContext = createContext<Ask>(async () => false);

/** Asks before something that cannot be undone; resolves to true when the person agrees. */
export function useConfirm(): Ask {
  return useContext(ConfirmContext);
}

type ConfirmedItemProps = { icon: ReactNode; question: Question; onAgree: () => void; children: ReactNode };

/** An entry of a menu that asks before it does what cannot be undone. */
export function ConfirmedItem({ icon, question, onAgree, children }: ConfirmedItemProps) {
  const confirm = useConfirm();
  return (
    <MenuItem
      danger
      icon={icon}
      onSelect={async () => {
        if (await confirm(question)) onAgree();
      }}
    >
      {children}
    </MenuItem>
  );
}

export function ConfirmProvider({ children }: { children: ReactNode }) {
  const [question, setQuestion] = useState<Question | null>(null);
  const answer = useRef<(yes: boolean) => void>(() => {});
  const ask = useCallback<Ask>((next) => {
    setQuestion(next);
    return new Promise((resolve) => {
      answer.current = resolve;
    });
  }, []);
  const close = (yes: boolean) => {
    answer.current(yes);
    setQuestion(null);
  };
  return (
    <ConfirmContext value={ask}>
      {children}
      <Dialog
        open={question !== null}
        onOpenChange={(open) => !open && close(false)}
        title={question?.title ?? ""}
        width="420px"
        footer={
          <>
            <Button onClick={() => close(false)}>{question?.otherwise ?? "Cancel"}</Button>
            <Button
              variant={question?.danger === false ? "primary" : "danger"}
              onClick={() => close(true)}
              data-first
            >
              {question?.action}
            </Button>
          </>
        }
      >
        <div className="text-sm text-muted">{question?.body ?? "This cannot be undone."}</div>
      </Dialog>
    </ConfirmContext>
  );
}
