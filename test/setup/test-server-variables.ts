/** How the run's set-up tells the workers where their databases are, its folder, and the ports of the hosts of their servers. */
export const SERVER_VARIABLE = 'THREADLINE_TEST_SERVER';
export const TEMPLATE_VARIABLE = 'THREADLINE_TEST_TEMPLATE';
export const HOSTS_VARIABLE = 'THREADLINE_TEST_HOSTS';
export const HOME_VARIABLE = 'THREADLINE_TEST_HOME';
