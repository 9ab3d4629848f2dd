/** Sends a text to a webhook. Native: it starts in a millisecond, and has `fetch` and nothing of the machine. */
export async function main(url: string, text: string, attempts: number = 3) {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ text }),
        signal: AbortSignal.timeout(5_000),
      });
      if (answer.ok) return { status: answer.status, attempt };
      console.log(`attempt ${attempt}: ${answer.status}`);
    } catch (error) {
      console.log(`attempt ${attempt}: ${error}`);
    }
    if (attempt >= attempts) throw new Error(`nobody at ${new URL(url).host} took the text`);
    await new Promise((done) => setTimeout(done, 100 * attempt));
  }
}
