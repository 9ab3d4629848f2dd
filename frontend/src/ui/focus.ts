/** Leads the eye and the keyboard to the first field that is marked as wrong, once it is drawn. */
export function focusFirstInvalid(): void {
  requestAnimationFrame(() => {
    const field = document.querySelector<HTMLElement>('[aria-invalid="true"]');
    field?.scrollIntoView({ block: "center" });
    field?.focus({ preventScroll: true });
  });
}

/** Leads the keyboard into a part of the page: to the first thing in it that is shown and takes keys. */
export function focusFirstField(part: HTMLElement): void {
  const fields = part.querySelectorAll<HTMLElement>("input, button, textarea, [tabindex='0']");
  [...fields].find((field) => field.getClientRects().length > 0)?.focus();
}
