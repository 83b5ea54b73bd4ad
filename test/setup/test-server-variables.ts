/** How the run's set-up tells the workers where their databases are. */
export const SERVER_VARIABLE = 'THREADLINE_TEST_SERVER';
export const TEMPLATE_VARIABLE = 'THREADLINE_TEST_TEMPLATE';
