/** The worker of `worker_test.ts`: sends back what it gets, one larger. */
const scope = self as unknown as {
  onmessage: (event: MessageEvent<number>) => void;
  postMessage(value: number): void;
};
scope.onmessage = ({ data }) => scope.postMessage(data + 1);
