/** Settings: Events and remote control. */
export interface ControlSettings {
  /** Send task events (-E). Default `false`. */
  readonly workerSendTaskEvents: boolean;
  /** Seconds that events live in the queue of a monitor. Default `5`. */
  readonly eventQueueTtl: number | null;
  /** Seconds after which the unused queue of a monitor goes. Default `60`. */
  readonly eventQueueExpires: number | null;
  /** Monitor queue survives restarts. Default `false`. */
  readonly eventQueueDurable: boolean;
  /** Monitor queue exclusive; not together with durable. Default `true`. */
  readonly eventQueueExclusive: boolean;
  /** Name prefix of monitor queues. Default `"celeryev"`. */
  readonly eventQueuePrefix: string;
  /** Exchange of events. Default `"celeryev"`. */
  readonly eventExchange: string;
  /** Serializer of events. Default `"json"`. */
  readonly eventSerializer: string;
  /** Log file of the events program. Default `null`. */
  readonly eventsLogfile: string | null;
  /** PID file. Default `null`. */
  readonly eventsPidfile: string | null;
  /** User to drop to. Default `null`. */
  readonly eventsUid: string | number | null;
  /** Group to drop to. Default `null`. */
  readonly eventsGid: string | number | null;
  /** umask. Default `null`. */
  readonly eventsUmask: string | number | null;
  /** Interpreter used when detaching. Default `null`. */
  readonly eventsExecutable: string | null;
  /** Seconds that commands and replies live. Default `300`. */
  readonly controlQueueTtl: number | null;
  /** Seconds after which an unused control queue goes. Default `10`. */
  readonly controlQueueExpires: number | null;
  /** Exchange name prefix of control. Default `"celery"`. */
  readonly controlExchange: string;
  /** Durable control queue. Default `false`. */
  readonly controlQueueDurable: boolean;
  /** Exclusive control queue; not with durable. Default `true`. */
  readonly controlQueueExclusive: boolean;
}
