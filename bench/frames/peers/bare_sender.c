/* Sends frames with a window: `bare_sender PORT FILE FRAME_BYTES WARM FRAMES WINDOW [two-writes]`.
 *
 * Each is its length and itself in one writev(2). `two-writes` does what a first try does: a write each for the length
 * and for the frame, and no TCP_NODELAY. What is printed: see the README of the benchmark.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static void write_all(int to, const unsigned char *from, size_t bytes) {
  for (size_t done = 0; done < bytes;) {
    ssize_t put = write(to, from + done, bytes - done);
    if (put < 0) fail("write");
    done += (size_t)put;
  }
}

static void send_frame(int to, unsigned char *frame, size_t bytes, int two_writes) {
  unsigned char head[4] = {bytes >> 24, bytes >> 16, bytes >> 8, bytes};
  if (two_writes) {
    write_all(to, head, 4);
    write_all(to, frame, bytes);
    return;
  }
  struct iovec parts[2] = {{head, 4}, {frame, bytes}};
  ssize_t put = writev(to, parts, 2);
  if (put < 4) fail("writev");
  write_all(to, frame + (put - 4), bytes - (size_t)(put - 4));
}

static int by_size(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

int main(int count, char **words) {
  if (count < 7) return 2;
  size_t bytes = (size_t)atol(words[3]);
  long warm = atol(words[4]), frames = atol(words[5]), window = atol(words[6]), all = warm + frames;
  int two_writes = count > 7, yes = 1;
  int payload = open(words[2], O_RDONLY);
  struct stat facts;
  if (payload < 0 || fstat(payload, &facts) != 0) fail("payload");
  long different = facts.st_size / (long)bytes;
  unsigned char *ring = malloc((size_t)facts.st_size), acks[4096];
  if (read(payload, ring, (size_t)facts.st_size) != facts.st_size) fail("read");
  double *sent_ms = malloc(sizeof(double) * (size_t)all), start_ms = 0;

  int connection = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  address.sin_port = htons((unsigned short)atoi(words[1]));
  if (!two_writes) setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");

  long sent = 0, acked_bytes = 0, acked = 0;
  while (acked < all) {
    while (sent < all && sent - acked < window) {
      sent_ms[sent] = now_ms();
      send_frame(connection, ring + (sent % different) * (long)bytes, bytes, two_writes);
      sent++;
    }
    ssize_t got = read(connection, acks, sizeof acks);
    if (got <= 0) fail("ack");
    acked_bytes += got;
    double ms = now_ms();
    for (; acked < acked_bytes / 4; acked++) {
      sent_ms[acked] = ms - sent_ms[acked];
      if (acked + 1 != warm) continue;
      start_ms = ms;
      printf("{\"event\":\"warm\"}\n");
      fflush(stdout);
    }
  }
  double seconds = (now_ms() - start_ms) / 1e3, *ack_ms = sent_ms + warm;
  qsort(ack_ms, (size_t)frames, sizeof(double), by_size);
  printf("{\"event\":\"done\",\"seconds\":%.6f,\"ackP50Ms\":%.4f,\"ackP99Ms\":%.4f}\n", seconds, ack_ms[frames / 2],
         ack_ms[frames * 99 / 100]);
  return 0;
}
