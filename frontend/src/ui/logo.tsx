/** The post mill: a body on its post and two crossed sails. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden>
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <g fill="none" stroke="#fff" strokeWidth="2.4" strokeLinecap="round" strokeLinejoin="round">
        <path d="M16 13.5 12 26h8z" fill="#fff" strokeWidth="1.6" />
        <path d="M8.5 6 16 13.5 23.5 6M8.5 21l4-4M23.5 21l-4-4" />
      </g>
    </svg>
  );
}
